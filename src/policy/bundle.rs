//! Policy files into rules: the embedded ones, and those of users' directories.

use super::engine::Module;
use super::entry;
use super::metadata::{self, Metadata, Resource};
use super::{PolicyError, RuleInfo};
use crate::facts::Facts;
use crate::finding::{Confidence, Persona, Severity};
use crate::source::unreadable;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/policies");
/// Larger policy files are refused by the engine as well.
const MAX_FILE: u64 = 1024 * 1024;

/// Rules of this family may leave their findings to the linter itself.
const OWN_FAMILY: &str = "linter";

/// A rule and where its results come from.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) info: RuleInfo,
    /// `data.package.finding`; `None` for the findings of the linter itself.
    pub(super) entry: Option<String>,
    pub(super) path: String,
}

impl Rule {
    /// Whether it can have anything to say about the pipeline.
    pub(super) fn applies(&self, facts: &Facts) -> bool {
        let format = facts.pipeline.format.name();
        let RuleInfo { events, lists, formats, .. } = &self.info;
        let occurs = |kind| facts.events.get(kind).is_some_and(|list| !list.is_empty());
        let is_about = events.is_empty() && lists.is_empty()
            || events.iter().any(occurs)
            || lists.iter().any(|list| list.has_entries(facts));
        is_about && (formats.is_empty() || formats.iter().any(|f| f == format))
    }
}

/// Parsed files: what the engine gets, and the rules in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Bundle {
    pub(super) modules: Vec<Module>,
    pub(super) tests: Vec<Module>,
    pub(super) rules: Vec<Rule>,
}

/// The embedded policies.
pub(super) fn builtin() -> Result<Bundle, PolicyError> {
    let mut bundle = Bundle::default();
    let mut metadata = metadata::builtin()?;
    let files = embedded_files();
    for (path, text) in &files {
        let module = Module { path: format!("policies/{path}"), text: (*text).to_owned() };
        if path.ends_with("_test.rego") {
            bundle.tests.push(module);
        } else if path.ends_with(".rego") {
            if let [family, id, "rule.rego"] = path.split('/').collect::<Vec<_>>()[..] {
                let page = files.get(&format!("{family}/{id}/rule.md")).copied().unwrap_or_default();
                bundle.rules.push(builtin_rule(&module, family, id, metadata.remove(path), page)?);
            }
            bundle.modules.push(module);
        }
    }
    bundle.rules.sort_by(|a, b| (&a.info.family, &a.info.id).cmp(&(&b.info.family, &b.info.id)));
    Ok(bundle)
}

/// The helpers under `policies/lib`, which users' policies may import.
pub(super) fn library() -> Vec<Module> {
    embedded_files()
        .into_iter()
        .filter(|(path, _)| path.starts_with("lib/") && path.ends_with(".rego") && !path.ends_with("_test.rego"))
        .map(|(path, text)| Module { path: format!("policies/{path}"), text: text.to_owned() })
        .collect()
}

/// All embedded files by their path below `policies`.
fn embedded_files() -> BTreeMap<String, &'static str> {
    fn collect(dir: &'static Dir<'static>, into: &mut BTreeMap<String, &'static str>) {
        for file in dir.files() {
            into.extend(file.contents_utf8().map(|text| (file.path().to_string_lossy().replace('\\', "/"), text)));
        }
        dir.dirs().for_each(|d| collect(d, into));
    }
    let mut files = BTreeMap::new();
    collect(&BUILTIN, &mut files);
    files
}

fn builtin_rule(module: &Module, family: &str, id: &str, metadata: Option<Metadata>, page: &str) -> Result<Rule, PolicyError> {
    let metadata = metadata.ok_or_else(|| PolicyError::NoMetadata { path: module.path.clone(), line: 1 })?;
    let package = format!("swaplint.{family}.{}", id.replace('-', "_"));
    let (line, found) = package_of(&module.text);
    if found != package {
        let message = format!("the package is `{found}`, by its directory it is `{package}`");
        return Err(PolicyError::Metadata { path: module.path.clone(), line, message });
    }
    let entry = entry::entry_point(&format!("{family}/{id}/rule.rego"), &module.text);
    if entry.is_none() && family != OWN_FAMILY {
        let message = "no rule `finding`".to_owned();
        return Err(PolicyError::Metadata { path: module.path.clone(), line, message });
    }
    let info = rule_info(metadata, id.to_owned(), family.to_owned(), page.to_owned(), module, line)?;
    Ok(Rule { info: RuleInfo { builtin: true, ..info }, entry, path: module.path.clone() })
}

/// The policies below `path` (or the one file). The library is not part of it.
pub(super) fn directory(path: &Path) -> Result<Bundle, PolicyError> {
    let module = |file: PathBuf| Ok(Module { path: file.display().to_string(), text: read(&file)? });
    let modules = rego_files(path)?.into_iter().map(module).collect::<Result<_, PolicyError>>()?;
    custom(modules, &|file| std::fs::read_to_string(file).ok())
}

/// The policies of users' files; `page` gives the text of a file beside them.
pub(super) fn custom(modules: Vec<Module>, page: &dyn Fn(&Path) -> Option<String>) -> Result<Bundle, PolicyError> {
    let mut bundle = Bundle::default();
    for module in modules {
        if module.path.ends_with("_test.rego") {
            bundle.tests.push(module);
            continue;
        }
        if let Some((line, name)) = result_rule(&module.text) {
            bundle.rules.push(custom_rule(&module, line, name, page)?);
        }
        bundle.modules.push(module);
    }
    Ok(bundle)
}

fn custom_rule(module: &Module, line: usize, name: &str, page: &dyn Fn(&Path) -> Option<String>) -> Result<Rule, PolicyError> {
    let metadata = metadata::parse(&module.path, &module.text)?
        .ok_or_else(|| PolicyError::NoMetadata { path: module.path.clone(), line })?;
    let (package_line, package) = package_of(&module.text);
    let last = package.rsplit(['.', '"']).find(|part| !part.is_empty() && *part != "]").unwrap_or("rule");
    let id = metadata.custom.id.clone().unwrap_or_else(|| last.replace('_', "-").to_lowercase());
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        let message = format!("`{id}` is no rule id: lower-case letters, digits and `-`");
        return Err(PolicyError::Metadata { path: module.path.clone(), line: package_line, message });
    }
    let family = metadata.custom.family.clone().unwrap_or_else(|| "custom".to_owned());
    let doc = ["rule.md".to_owned(), format!("{id}.md")]
        .iter()
        .find_map(|name| page(&Path::new(&module.path).with_file_name(name)))
        .unwrap_or_default();
    let info = rule_info(metadata, id, family, doc, module, package_line)?;
    Ok(Rule { info, entry: Some(format!("data.{package}.{name}")), path: module.path.clone() })
}

fn rule_info(
    metadata: Metadata,
    id: String,
    family: String,
    doc: String,
    module: &Module,
    line: usize,
) -> Result<RuleInfo, PolicyError> {
    let references = metadata.related_resources.into_iter().map(|r| match r {
        Resource::Bare(link) => (link.clone(), link),
        Resource::Described { link, description } if description.is_empty() => (link.clone(), link),
        Resource::Described { link, description } => (link, description),
    });
    let formats = metadata.custom.formats;
    let known = super::format_names();
    if let Some(format) = formats.iter().find(|f| !known.contains(&f.as_str())) {
        let hint = crate::suggest::did_you_mean(format, known.iter().copied());
        let message = format!("unknown format `{format}`{hint}");
        return Err(PolicyError::Metadata { path: module.path.clone(), line, message });
    }
    let options = metadata.custom.options.into_iter().map(|(name, declared)| declared.named(&name));
    let options = options.collect::<Result<_, _>>();
    let options = options.map_err(|message| PolicyError::Metadata { path: module.path.clone(), line, message })?;
    Ok(RuleInfo {
        id: id.into(),
        family: family.into(),
        title: metadata.title,
        description: metadata.description.trim().to_owned(),
        severity: metadata.custom.severity.unwrap_or(Severity::Medium),
        confidence: metadata.custom.confidence.unwrap_or(Confidence::Medium),
        persona: metadata.custom.persona.unwrap_or(Persona::Regular),
        formats,
        events: metadata.custom.events,
        lists: metadata.custom.lists,
        options,
        references: references.collect(),
        doc,
        builtin: false,
    })
}

/// The 1-based line and the path of the `package` statement.
pub(super) fn package_of(text: &str) -> (usize, String) {
    let found = text.lines().enumerate().find_map(|(i, l)| l.strip_prefix("package ").map(|rest| (i + 1, rest)));
    let (line, rest) = found.unwrap_or((1, ""));
    (line, rest.split('#').next().unwrap_or_default().trim().to_owned())
}

/// The 1-based line and the name of the rule that holds the results.
fn result_rule(text: &str) -> Option<(usize, &'static str)> {
    text.lines().enumerate().find_map(|(i, line)| entry::rule_name(line).map(|name| (i + 1, name)))
}

fn rego_files(path: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let read_error = |message: String| PolicyError::Read { path: path.display().to_string(), message };
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(path).standard_filters(false).hidden(true).sort_by_file_path(Ord::cmp).build() {
        let entry = entry.map_err(|e| read_error(e.io_error().map_or_else(|| e.to_string(), unreadable)))?;
        let is_file = entry.file_type().is_some_and(|t| !t.is_dir());
        if is_file && entry.path().extension().is_some_and(|e| e == "rego") {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The text of a regular file of bearable size.
pub(super) fn read(path: &Path) -> Result<String, PolicyError> {
    let error = |message: String| PolicyError::Read { path: path.display().to_string(), message };
    let metadata = std::fs::metadata(path).map_err(|e| error(unreadable(&e)))?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(error("not a regular file of at most 1 MiB".to_owned()));
    }
    std::fs::read_to_string(path).map_err(|e| error(unreadable(&e)))
}
