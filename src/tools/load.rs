//! Data files into an indexed toolbox.

use super::argv::package_name;
use super::schema::{ActionSpec, Arity, CommandSpec, Document, EnvironmentSpec, FlagSpec, FlagTable, Tool, Words};
use super::select::{Place, Route};
use super::{Match, Truth};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The files of `src/tools/data`, by name, as the build script wrote them: JSON is read ten times as fast as TOML.
static DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/tools.json"));
// The tests load every file; should one fail all the same, the rest of the linter still works.
static EMBEDDED: LazyLock<Toolbox> = LazyLock::new(|| Toolbox::with(&[]).unwrap_or_default());

/// A data file that cannot be used. The file's author is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct ToolError {
    /// The file, as it was called.
    pub file: String,
    /// What is wrong, with line and key.
    pub message: String,
}

/// All tools, actions and variables that are known.
#[derive(Debug, Clone, Default)]
pub struct Toolbox {
    tools: Vec<Tool>,
    actions: Vec<ActionSpec>,
    environment: Vec<EnvironmentSpec>,
    binaries: HashMap<String, (usize, Vec<String>)>,
    images: HashMap<String, usize>,
    modules: HashMap<String, usize>,
    packages: HashMap<String, usize>,
    sources: HashMap<String, Vec<usize>>,
}

impl Toolbox {
    /// What the program brings along.
    #[must_use]
    pub fn embedded() -> &'static Toolbox {
        &EMBEDDED
    }

    /// The same with more data files, whose tools and actions stand before those of the same names.
    ///
    /// # Errors
    /// If one of the texts is not a data file; it is called `extra 1` and so on.
    pub fn with(extra: &[&str]) -> Result<Toolbox, ToolError> {
        let named: Vec<(String, &str)> = extra.iter().enumerate().map(|(i, text)| (format!("extra {}", i + 1), *text)).collect();
        Toolbox::with_files(&named)
    }

    /// The same with names for the files.
    ///
    /// # Errors
    /// If one of the texts is not a data file.
    pub fn with_files(extra: &[(String, &str)]) -> Result<Toolbox, ToolError> {
        Toolbox::with_documents(extra.iter().map(|(name, text)| document(name, text)).collect::<Result<_, _>>()?)
    }

    /// The same with documents that were read before, each with the name of its file.
    ///
    /// # Errors
    /// If a document says something that makes no sense.
    pub fn with_documents(extra: Vec<(String, Document)>) -> Result<Toolbox, ToolError> {
        let own: Result<Vec<(String, Document)>, _> = serde_json::from_str(DATA);
        let mut documents = own.map_err(|e| ToolError { file: "src/tools/data".to_owned(), message: e.to_string() })?;
        documents.extend(extra);
        Toolbox::build(documents)
    }

    fn build(documents: Vec<(String, Document)>) -> Result<Toolbox, ToolError> {
        let mut toolbox = Toolbox::default();
        let mut files = Vec::new();
        for (file, document) in documents {
            files.extend(document.tool.iter().map(|_| file.clone()));
            toolbox.tools.extend(document.tool);
            toolbox.actions.extend(document.action);
            toolbox.environment.extend(document.environment);
        }
        let raw = toolbox.tools.clone();
        for (i, tool) in toolbox.tools.iter_mut().enumerate() {
            let fail = |message| ToolError { file: files[i].clone(), message };
            inherit(tool, i, &raw, 0).map_err(fail)?;
            prepare(tool).map_err(fail)?;
        }
        toolbox.index();
        Ok(toolbox)
    }

    fn index(&mut self) {
        for (i, tool) in self.tools.iter().enumerate() {
            for name in &tool.binaries.0 {
                self.binaries.insert(name.clone(), (i, Vec::new()));
                self.packages.insert(name.clone(), i);
            }
            for (name, verb) in &tool.prefixes {
                self.binaries.insert(name.clone(), (i, verb.split_whitespace().map(str::to_owned).collect()));
            }
            self.images.extend(tool.images.0.iter().map(|n| (n.clone(), i)));
            self.modules.extend(tool.modules.0.iter().map(|n| (n.clone(), i)));
            self.packages.extend(tool.packages.0.iter().map(|n| (n.clone(), i)));
        }
        for (i, action) in self.actions.iter().enumerate() {
            for source in &action.source.0 {
                self.sources.entry(source.to_ascii_lowercase()).or_default().push(i);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn embedded_files() -> usize {
        serde_json::from_str::<Vec<serde_json::Value>>(DATA).map_or(0, |files| files.len())
    }

    /// All tools, embedded ones first.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// All actions, embedded ones first.
    #[must_use]
    pub fn actions(&self) -> &[ActionSpec] {
        &self.actions
    }

    /// The action or reusable workflow at `owner/name`, and the path inside of the repository if it does not lie at its root.
    #[must_use]
    pub fn action<'t>(&'t self, source: &str, path: Option<&str>) -> Option<&'t ActionSpec> {
        let known = self.sources.get(&source.to_ascii_lowercase())?;
        let path = path.map(|p| p.trim_start_matches("./").trim_matches('/')).filter(|p| !p.is_empty());
        known.iter().rev().filter_map(|i| self.actions.get(*i)).find(|a| match (&a.path, path) {
            (Some(glob), Some(path)) => glob.matches(path) == Truth::Yes,
            (None, None) => true,
            _ => false,
        })
    }

    /// What setting this variable to this value does. Unknown parts of the value stand as one [`super::UNKNOWN`] each.
    pub fn environment<'t>(&'t self, name: &str, value: &str) -> impl Iterator<Item = &'t EnvironmentSpec> {
        self.environment.iter().filter(move |e| e.name.matches(name) == Truth::Yes && e.value.matches(value) == Truth::Yes)
    }

    pub(super) fn by_binary(&self, name: &str) -> Option<(&Tool, &[String])> {
        let (i, prefix) = self.binaries.get(name)?;
        Some((self.tools.get(*i)?, prefix))
    }

    pub(super) fn by_module(&self, name: &str) -> Option<&Tool> {
        self.tools.get(*self.modules.get(name)?)
    }

    pub(super) fn by_package(&self, path: &str) -> Option<&Tool> {
        self.tools.get(*self.packages.get(path)?)
    }

    pub(super) fn by_image(&self, image: &str) -> Option<&Tool> {
        let image = image.strip_prefix("docker://").unwrap_or(image);
        let image = image.split('@').next().unwrap_or(image);
        let slash = image.rfind('/').map_or(0, |i| i + 1);
        let end = image[slash..].find(':').map_or(image.len(), |i| slash + i);
        let repository = &image[..end];
        let short = repository.strip_prefix("docker.io/").unwrap_or(repository);
        let by_repository = self.images.get(repository).or_else(|| self.images.get(short)).and_then(|i| self.tools.get(*i));
        by_repository.or_else(|| self.by_binary(package_name(&repository[slash..]).0).map(|(tool, _)| tool))
    }
}

/// Reads a data file; gives it with its name.
///
/// # Errors
/// If the text is none.
pub fn document(name: &str, text: &str) -> Result<(String, Document), ToolError> {
    let document =
        toml::from_str(text).map_err(|e| ToolError { file: name.to_owned(), message: e.to_string().trim_end().to_owned() })?;
    Ok((name.to_owned(), document))
}

/// Adds what `inherits` names; the nearest tool of that name that stands before counts.
fn inherit(tool: &mut Tool, at: usize, all: &[Tool], depth: usize) -> Result<(), String> {
    tool.flags = table(&tool.values, &tool.switches, &tool.multi);
    let Some(name) = tool.inherits.clone() else { return Ok(()) };
    let before = all[..at].iter().rposition(|t| t.name == name);
    let parent = before.or_else(|| all.iter().enumerate().position(|(i, t)| i != at && t.name == name));
    let index =
        parent.filter(|_| depth < 4).ok_or_else(|| format!("tool `{}` inherits `{name}`, which there is not", tool.name))?;
    let mut parent = all[index].clone();
    inherit(&mut parent, index, all, depth + 1)?;
    parent.flags.extend(std::mem::take(&mut tool.flags));
    tool.flags = parent.flags;
    for (role, tests) in parent.roles {
        tool.roles.entry(role).or_insert(tests);
    }
    for (prefix, transport) in parent.transports {
        tool.transports.entry(prefix).or_insert(transport);
    }
    tool.command.extend(parent.command);
    Ok(())
}

fn prepare(tool: &mut Tool) -> Result<(), String> {
    if tool.binaries.0.is_empty() {
        tool.binaries.0.push(tool.name.clone());
    }
    for command in &mut tool.command {
        command.flags = table(&command.values, &command.switches, &command.multi);
        let words = command.verb.0.first().into_iter().flat_map(|v| &v.words).filter_map(|w| w.first()?.first());
        let verb = words.map(String::as_str).collect::<Vec<_>>().join(" ");
        for flag in flags_named(command) {
            if !command.flags.contains_key(flag) && !tool.flags.contains_key(flag) {
                return Err(format!(
                    "tool `{}`, command `{verb}`: flag `{flag}` is neither in `values` nor in `switches`",
                    tool.name
                ));
            }
        }
    }
    for flag in tool.roles.values().flat_map(|m| &m.0).filter_map(|t| flag_of(&t.route)) {
        let known = tool.flags.contains_key(flag) || tool.command.iter().any(|c| c.flags.contains_key(flag));
        if !known {
            return Err(format!("tool `{}`, roles: flag `{flag}` is neither in `values` nor in `switches`", tool.name));
        }
    }
    Ok(())
}

fn table(values: &Words, switches: &Words, multi: &Words) -> FlagTable {
    let mut table = FlagTable::new();
    for (words, arity) in [(values, Arity::Value), (switches, Arity::Switch), (multi, Arity::Multi)] {
        for word in &words.0 {
            let names: Arc<[Arc<str>]> = word.split('|').map(Arc::from).collect();
            for name in names.iter() {
                table.entry(Arc::clone(name)).or_insert_with(|| FlagSpec { names: Arc::clone(&names), arity });
            }
        }
    }
    table
}

fn flag_of(route: &Route) -> Option<&str> {
    match &route.place {
        Place::Flag(name) => Some(name),
        _ => None,
    }
}

/// Every flag that a command's picks and conditions name.
fn flags_named(command: &CommandSpec) -> Vec<&str> {
    let events = command.events.iter().flat_map(|e| [&e.reference, &e.source, &e.destination]);
    let picks = events.chain(command.stdout.iter().map(|y| &y.of)).chain(command.writes.iter().flat_map(|w| [&w.file, &w.of]));
    let conditions = command.events.iter().map(|e| &e.when);
    let conditions = conditions.chain(command.stdout.iter().map(|y| &y.when)).chain(command.writes.iter().map(|w| &w.when));
    let conditions = conditions.chain(command.unread.iter().map(|u| &u.when));
    let tests = conditions.flat_map(|m| &m.0).flat_map(|c| &c.any).chain(command.roles.values().flat_map(|m| &m.0));
    picks.flat_map(|m| &m.0).flat_map(|p| &p.routes).chain(tests.map(|t| &t.route)).filter_map(flag_of).collect()
}

impl<'t> Match<'t> {
    /// Whether the flag (or input) at this index goes by this name.
    pub(super) fn goes_by(&self, index: usize, name: &str) -> bool {
        match self.inputs.get(index) {
            Some(input) => input.eq_ignore_ascii_case(name),
            None => self.flags.get(index).is_some_and(|f| f.is(name)),
        }
    }
}
