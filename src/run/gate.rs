//! What decides which findings count: config, tools, policies, baseline. All of it lies in the working tree, or in a commit that is
//! trusted with it; what lies outside of the repository is read from the disk.

use super::RunError;
use crate::cli::{BaselineChoice, Choice, ConfigChoice, PolicyArgs};
use crate::config::{Config, ConfigError, Located, NAMES};
use crate::discover::{self, Commit, Origin};
use crate::policy::{Options, Policies, RuleInfo};
use crate::suggest;
use crate::suppress::Baseline;
use crate::tools::{self, Toolbox};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that decides.
pub(super) struct Gate {
    pub(super) config: Config,
    pub(super) toolbox: Cow<'static, Toolbox>,
    pub(super) policies: Policies,
    pub(super) baseline: Baseline,
}

/// Where it lies.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    /// The root of the repository on disk.
    pub(super) root: &'a Path,
    /// The commit from which its files are read, if not from the disk.
    pub(super) commit: Option<&'a Commit>,
}

impl Gate {
    /// Reads what the flags and the config name.
    pub(super) fn load(choice: &Choice, home: Home<'_>) -> Result<Gate, RunError> {
        let config = home.config(&choice.config)?;
        let policies = choose_rules(home.policies(&choice.policies, &config)?, choice, &config)?;
        let (toolbox, baseline) = (home.toolbox(&config)?, home.baseline(&choice.baseline, &config)?);
        Ok(Gate { config, toolbox, policies, baseline })
    }

    /// The files of the repository that have a say in it, whether or not they are there: in the trusted commit or on disk.
    pub(super) fn files(&self, choice: &Choice, home: Home<'_>) -> BTreeSet<String> {
        let config = &self.config;
        let configs = match &choice.config {
            ConfigChoice::No => Vec::new(),
            ConfigChoice::File(file) => vec![file.clone()],
            ConfigChoice::Find => NAMES.iter().map(|name| home.root.join(name)).collect(),
        };
        let baseline = match (&choice.baseline, &config.baseline) {
            (BaselineChoice::File(file), _) => Some(file.clone()),
            (BaselineChoice::Config, Some(name)) => Some(home.root.join(&name.value)),
            _ => None,
        };
        let named = home.all(&config.policy_data).into_iter().chain(home.all(&config.tool_files));
        let single = configs.into_iter().chain(baseline).chain(named).chain(choice.policies.data.iter().cloned());
        let mut files: BTreeSet<String> = single.filter_map(|file| home.inside(&file)).collect();
        for dir in home.all(&config.policies).iter().chain(&choice.policies.policy).filter_map(|dir| home.inside(dir)) {
            let on_disk = discover::Folder::new(home.root.to_owned()).below(&dir, usize::MAX);
            let trusted = home.commit.map(|commit| commit.below(&dir, usize::MAX)).unwrap_or_default();
            files.extend(on_disk.into_iter().chain(trusted).chain([dir]).filter(|path| is_rego(path)));
        }
        files
    }
}

fn is_rego(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == "rego")
}

impl<'a> Home<'a> {
    /// The working tree.
    pub(super) fn disk(root: &'a Path) -> Self {
        Home { root, commit: None }
    }

    /// A path of the repository, relative to its root. It may be gone from the disk, or be a link there that leads elsewhere.
    fn inside(&self, file: &Path) -> Option<String> {
        let file = discover::normalised(&std::path::absolute(file).ok()?);
        let real = || Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?));
        let within = |file: &Path, root: &Path| file.strip_prefix(root).ok().map(|p| p.to_string_lossy().replace('\\', "/"));
        within(&file, self.root).or_else(|| within(&real()?, &self.root.canonicalize().ok()?))
    }

    /// Where a file is read: in the commit, or on disk.
    fn trusted(&self, file: &Path) -> Option<(&'a Commit, String)> {
        Some((self.commit?, self.inside(file)?))
    }

    pub(super) fn read(&self, file: &Path) -> Result<Arc<str>, String> {
        self.trusted(file).map_or_else(|| discover::read(file), |(commit, path)| commit.read(&path))
    }

    /// The files of the repository, and nothing else: what its config names comes from whoever wrote that.
    fn with_repository<T>(&self, ask: impl FnOnce(&dyn Origin) -> T) -> T {
        match self.commit {
            Some(commit) => ask(commit),
            None => ask(&discover::Folder::new(self.root.to_owned())),
        }
    }

    /// The path that the config names, relative to the root.
    fn within(&self, config: &Config, named: &Located<String>) -> Result<String, ConfigError> {
        let file = discover::normalised(&self.root.join(&named.value));
        let path = file.strip_prefix(self.root).map(|path| path.to_string_lossy().replace('\\', "/"));
        path.map_err(|_| {
            let message = format!("`{}` lies outside of the repository: only an option may name what lies there", named.value);
            config.error_at(&named.span, message)
        })
    }

    /// The text of a file that the config names.
    fn read_named(&self, config: &Config, named: &Located<String>) -> Result<(String, Arc<str>), ConfigError> {
        let path = self.within(config, named)?;
        match self.with_repository(|files| files.read(&path)) {
            Ok(text) => Ok((path, text)),
            Err(e) => Err(config.error_at(&named.span, format!("{}: the file {e}", named.value))),
        }
    }

    fn all(&self, paths: &[Located<String>]) -> Vec<PathBuf> {
        paths.iter().map(|path| self.root.join(&path.value)).collect()
    }

    /// The config file that is found without being named.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        let there = |name: &&&str| self.with_repository(|files| files.has(name)) || self.root.join(name).is_symlink();
        NAMES.iter().find(there).map(|name| self.root.join(name))
    }

    /// The config.
    pub(super) fn config(&self, choice: &ConfigChoice) -> Result<Config, RunError> {
        let file = match choice {
            ConfigChoice::No => None,
            ConfigChoice::File(file) => Some(file.clone()),
            ConfigChoice::Find => self.config_file(),
        };
        let Some(file) = file else { return Ok(Config::default()) };
        let shown = relative(&file, self.root);
        let text = match choice {
            ConfigChoice::Find => self.with_repository(|files| files.read(&shown)),
            _ => self.read(&file),
        };
        let text = text.map_err(|e| Config::unreadable(&shown, &e))?;
        Ok(Config::parse(&shown, &text)?)
    }

    /// What tools do, the config's own included.
    pub(super) fn toolbox(&self, config: &Config) -> Result<Cow<'static, Toolbox>, RunError> {
        if config.tools.is_empty() && config.tool_files.is_empty() {
            return Ok(Cow::Borrowed(Toolbox::embedded()));
        }
        let mut documents = Vec::new();
        for file in &config.tool_files {
            let (_, text) = self.read_named(config, file)?;
            documents.push(tools::document(file, &text)?);
        }
        let is_known = |name: &str| Toolbox::embedded().has(name);
        documents.push((config.path.clone(), config.tools(&is_known)?));
        Ok(Cow::Owned(Toolbox::with_documents(documents)?))
    }

    /// The baseline of a run.
    fn baseline(&self, choice: &BaselineChoice, config: &Config) -> Result<Baseline, RunError> {
        match (choice, &config.baseline) {
            (BaselineChoice::File(file), _) => self.baseline_file(file),
            (BaselineChoice::Config, Some(name)) => {
                let path = self.within(config, name)?;
                if !self.with_repository(|files| files.has(&path)) && !self.root.join(&path).is_symlink() {
                    let message = format!("there is no `{}`: `swaplint baseline create` makes it", name.value);
                    return Err(config.error_at(&name.span, message).into());
                }
                let (shown, text) = self.read_named(config, name)?;
                baseline(&shown, &text)
            }
            _ => Ok(Baseline::default()),
        }
    }

    /// A baseline by its file.
    pub(super) fn baseline_file(&self, file: &Path) -> Result<Baseline, RunError> {
        let shown = relative(file, self.root);
        let text = self.read(file).map_err(|e| RunError::Usage(format!("{shown}: the file {e}")))?;
        baseline(&shown, &text)
    }

    /// The policies of the flags and of the config.
    pub(super) fn policies(&self, args: &PolicyArgs, config: &Config) -> Result<Policies, RunError> {
        let mut policies = if args.no_builtin { Policies::none()? } else { Policies::builtin()? };
        for named in &config.policy_data {
            let (path, text) = self.read_named(config, named)?;
            policies = policies.with_data_text(&path, &text)?;
        }
        for file in &args.data {
            policies = match self.trusted(file) {
                None => policies.with_data(file)?,
                Some((commit, path)) => policies.with_data_text(&path, &read_policy(commit, &path)?)?,
            };
        }
        for named in &config.policies {
            let dir = self.within(config, named)?;
            policies = self.with_repository(|files| with_policies(policies, &dir, files))?;
        }
        for dir in &args.policy {
            policies = match self.trusted(dir) {
                None => policies.with_dir(dir)?,
                Some((commit, dir)) => with_policies(policies, &dir, commit)?,
            };
        }
        let options = options(&policies, config)?;
        Ok(if options.is_empty() { policies } else { policies.with_options(options)? })
    }
}

/// The options that the config sets, compared with what the rules declare.
fn options(policies: &Policies, config: &Config) -> Result<Options, ConfigError> {
    let mut all = Options::new();
    for (id, setting) in config.rules.iter().filter(|(_, setting)| !setting.options.is_empty()) {
        // An id that means nothing is told elsewhere.
        if let Some(rule) = policies.rule(id) {
            for (name, value) in &setting.options {
                allowed(rule, name, value).map_err(|(span, message)| config.error_at(span, message))?;
            }
        } else if policies.rules().iter().any(|r| *r.family == *id.value) {
            return Err(config.error_at(&id.span, format!("`{}` is a family: options are for a single rule", id.value)));
        }
        all.insert(id.value.clone(), setting.options.iter().map(|(name, v)| (name.value.clone(), v.value.clone())).collect());
    }
    Ok(all)
}

/// Whether a rule takes a value for an option. Users' rules that declare none take anything.
fn allowed<'c>(
    rule: &RuleInfo,
    name: &'c Located<String>,
    value: &'c Located<serde_json::Value>,
) -> Result<(), (&'c Range<usize>, String)> {
    if rule.options.is_empty() && !rule.builtin {
        return Ok(());
    }
    let Some(option) = rule.options.iter().find(|o| o.name == name.value) else {
        let names = || rule.options.iter().map(|o| o.name.as_str());
        let known = match suggest::did_you_mean(name, names()) {
            _ if rule.options.is_empty() => ": it has none".to_owned(),
            hint if hint.is_empty() => format!("; known here: {}", names().collect::<Vec<_>>().join(", ")),
            hint => hint,
        };
        return Err((&name.span, format!("`{}` has no option `{}`{known}", rule.id, name.value)));
    };
    match option.takes(&value.value) {
        true => Ok(()),
        false => Err((&value.span, format!("expected {}, found `{}`", option.kind(), value.value))),
    }
}

fn baseline(shown: &str, text: &str) -> Result<Baseline, RunError> {
    Baseline::parse(text).map_err(|e| RunError::Usage(format!("{shown}: no baseline: {e}")))
}

/// Adds the policies at and below a path of the repository.
fn with_policies(policies: Policies, dir: &str, files: &dyn Origin) -> Result<Policies, RunError> {
    let paths = files.below(dir, usize::MAX).into_iter().chain([dir.to_owned()]).filter(|path| is_rego(path));
    let modules = paths.map(|path| Ok((path.clone(), read_policy(files, &path)?.to_string())));
    let page = |path: &Path| files.read(&path.to_string_lossy()).ok().map(|text| text.to_string());
    Ok(policies.with_files(dir, modules.collect::<Result<_, RunError>>()?, &page)?)
}

fn read_policy(files: &dyn Origin, path: &str) -> Result<Arc<str>, RunError> {
    files.read(path).map_err(|e| RunError::Usage(format!("{path}: the file {e}")))
}

/// How a file is shown: relative to the root, if it lies there.
pub(super) fn relative(file: &Path, root: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    absolute.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// The policies of commands that check nothing: by the config of the repository around the working directory.
pub(super) fn configured(args: &PolicyArgs) -> Result<Policies, RunError> {
    let root = here()?;
    let home = Home::disk(&root);
    home.policies(args, &home.config(&ConfigChoice::Find)?)
}

/// The root of the repository around the working directory.
pub(super) fn here() -> Result<PathBuf, RunError> {
    let here = std::env::current_dir().map_err(discover::DiscoverError::WorkingDirectory)?;
    Ok(discover::root_of(&here, &here))
}

/// Turns rules off, by options and config. A name that means nothing is an error.
fn choose_rules(mut policies: Policies, choice: &Choice, config: &Config) -> Result<Policies, RunError> {
    let unknown = |id: &str| {
        let rules = policies.rules();
        let known = rules.iter().any(|r| *r.id == *id || *r.family == *id);
        let names = rules.iter().flat_map(|r| [&*r.id, &*r.family]);
        (!known).then(|| format!("there is no rule or family `{id}`{}", suggest::did_you_mean(id, names)))
    };
    if let Some(message) = choice.select.iter().chain(&choice.ignore).find_map(|id| unknown(id)) {
        return Err(RunError::Usage(message));
    }
    let named = config.rules.keys().chain(config.ignore.iter().flat_map(|a| &a.rules));
    if let Some((id, message)) = named.into_iter().find_map(|id| unknown(id).map(|m| (id, m))) {
        return Err(config.error_at(&id.span, message).into());
    }
    let named = |list: &[String], rule: &RuleInfo| list.iter().any(|id| **id == *rule.id || **id == *rule.family);
    policies.disable(|rule| {
        (!choice.select.is_empty() && !named(&choice.select, rule))
            || named(&choice.ignore, rule)
            || config.setting(&rule.id, &rule.family).is_some_and(|s| !s.enabled)
    });
    Ok(policies)
}
