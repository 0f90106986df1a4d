//! Data files into an indexed toolbox.

use super::argv::package_name;
use super::schema::{ActionSpec, Arity, CommandSpec, Document, FlagSpec, FlagTable, Tool, Words};
use super::select::{Place, Route};
use super::settings::{EnvironmentSpec, SettingSpec};
use super::{Match, Truth};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

/// The tools and actions of `src/tools/data` as JSON, one after the other, as the build script wrote them.
static DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/tools.txt"));
/// What finds them there.
static INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/tools.json"));
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

/// All tools, actions and variables that are known. Most runs ask for few of them: each is read when it is first asked for.
#[derive(Debug, Clone, Default)]
pub struct Toolbox {
    tools: Vec<Entry<Tool>>,
    /// Their names.
    names: Vec<String>,
    actions: Vec<Entry<ActionSpec>>,
    environment: Vec<EnvironmentSpec>,
    setting: Vec<SettingSpec>,
    binaries: HashMap<String, (usize, Vec<String>)>,
    images: HashMap<String, usize>,
    modules: HashMap<String, usize>,
    packages: HashMap<String, usize>,
    sources: HashMap<String, Vec<usize>>,
}

/// A tool or action.
#[derive(Debug, Clone)]
struct Entry<T> {
    written: Written<T>,
    /// As it is used: of a tool with what it inherits.
    ready: OnceLock<T>,
}

/// A tool or action as a data file has it.
#[derive(Debug, Clone)]
enum Written<T> {
    /// In the program.
    Embedded(&'static str),
    /// In a file of the user.
    Given(Box<T>),
}

impl<T: Clone + DeserializeOwned> Entry<T> {
    fn new(written: Written<T>) -> Self {
        Entry { written, ready: OnceLock::new() }
    }

    fn read(&self) -> Result<T, String> {
        match &self.written {
            Written::Embedded(text) => serde_json::from_str(text).map_err(|e| e.to_string()),
            Written::Given(given) => Ok(T::clone(given)),
        }
    }
}

/// What the build script says of the data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    tool: Vec<Listed<ToolNames>>,
    action: Vec<Listed<ActionNames>>,
    environment: Vec<EnvironmentSpec>,
    setting: Vec<SettingSpec>,
}

/// Where a tool or action stands in [`DATA`].
#[derive(Deserialize)]
struct Listed<N> {
    at: Range<usize>,
    names: N,
}

impl<N> Listed<N> {
    fn entry<T: Clone + DeserializeOwned>(&self) -> Entry<T> {
        Entry::new(Written::Embedded(DATA.get(self.at.clone()).unwrap_or_default()))
    }
}

/// The fields of a tool by which it is found.
#[derive(Deserialize)]
struct ToolNames {
    name: String,
    #[serde(default)]
    binaries: Words,
    #[serde(default)]
    prefixes: BTreeMap<String, String>,
    #[serde(default)]
    images: Words,
    #[serde(default)]
    modules: Words,
    #[serde(default)]
    packages: Words,
}

/// The field of an action by which it is found.
#[derive(Deserialize)]
struct ActionNames {
    source: Words,
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
        let index: Result<Index, _> = serde_json::from_str(INDEX);
        let index = index.map_err(|e| ToolError { file: "src/tools/data".to_owned(), message: e.to_string() })?;
        let mut toolbox = Toolbox { environment: index.environment, setting: index.setting, ..Toolbox::default() };
        index.tool.into_iter().for_each(|tool| toolbox.add_tool(tool.entry(), tool.names));
        index.action.into_iter().for_each(|action| toolbox.add_action(action.entry(), &action.names.source));
        let mut files = vec![String::new(); toolbox.tools.len()];
        for (file, document) in extra {
            for tool in document.tool {
                files.push(file.clone());
                toolbox.add_tool(Entry::new(Written::Given(Box::new(tool.clone()))), names_of(tool));
            }
            for action in document.action {
                let source = action.source.clone();
                toolbox.add_action(Entry::new(Written::Given(Box::new(action))), &source);
            }
            toolbox.environment.extend(document.environment);
            toolbox.setting.extend(document.setting);
        }
        for (at, file) in files.into_iter().enumerate().filter(|(_, file)| !file.is_empty()) {
            toolbox.read_tool(at).map_err(|message| ToolError { file, message })?;
        }
        Ok(toolbox)
    }

    fn add_tool(&mut self, entry: Entry<Tool>, names: ToolNames) {
        let i = self.tools.len();
        for name in if names.binaries.0.is_empty() { vec![names.name.clone()] } else { names.binaries.0 } {
            self.packages.insert(name.clone(), i);
            self.binaries.insert(name, (i, Vec::new()));
        }
        for (name, verb) in names.prefixes {
            self.binaries.insert(name, (i, verb.split_whitespace().map(str::to_owned).collect()));
        }
        self.images.extend(names.images.0.into_iter().map(|n| (n, i)));
        self.modules.extend(names.modules.0.into_iter().map(|n| (n, i)));
        self.packages.extend(names.packages.0.into_iter().map(|n| (n, i)));
        self.names.push(names.name);
        self.tools.push(entry);
    }

    fn add_action(&mut self, entry: Entry<ActionSpec>, sources: &Words) {
        for source in &sources.0 {
            self.sources.entry(source.to_ascii_lowercase()).or_default().push(self.actions.len());
        }
        self.actions.push(entry);
    }

    /// The tool with what it inherits, checked.
    fn read_tool(&self, at: usize) -> Result<Tool, String> {
        let mut tool = self.with_inherited(at, 0)?;
        prepare(&mut tool)?;
        Ok(tool)
    }

    /// The tool with what it inherits; the nearest tool of that name that stands before counts.
    fn with_inherited(&self, at: usize, depth: usize) -> Result<Tool, String> {
        let mut tool = self.tools[at].read()?;
        tool.flags = table(&tool.values, &tool.switches, &tool.multi);
        let Some(name) = &tool.inherits else { return Ok(tool) };
        let before = self.names[..at].iter().rposition(|n| n == name);
        let parent = before.or_else(|| self.names.iter().enumerate().position(|(i, n)| i != at && n == name));
        let index =
            parent.filter(|_| depth < 4).ok_or_else(|| format!("tool `{}` inherits `{name}`, which there is not", tool.name))?;
        let mut parent = self.with_inherited(index, depth + 1)?;
        parent.flags.extend(std::mem::take(&mut tool.flags));
        tool.flags = parent.flags;
        for (role, tests) in parent.roles {
            tool.roles.entry(role).or_insert(tests);
        }
        for (prefix, transport) in parent.transports {
            tool.transports.entry(prefix).or_insert(transport);
        }
        tool.guesses = tool.guesses.or(parent.guesses);
        tool.command.extend(parent.command);
        Ok(tool)
    }

    fn tool(&self, at: usize) -> Option<&Tool> {
        Some(self.tools.get(at)?.ready.get_or_init(|| self.read_tool(at).unwrap_or_default()))
    }

    fn spec(&self, at: usize) -> Option<&ActionSpec> {
        let entry = self.actions.get(at)?;
        Some(entry.ready.get_or_init(|| entry.read().unwrap_or_default()))
    }

    /// All tools, embedded ones first.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        (0..self.tools.len()).filter_map(|at| self.tool(at))
    }

    /// All actions, embedded ones first.
    pub fn actions(&self) -> impl Iterator<Item = &ActionSpec> {
        (0..self.actions.len()).filter_map(|at| self.spec(at))
    }

    /// Whether there is a tool of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// What is wrong with the data that the program brings along.
    #[cfg(test)]
    pub(super) fn problems(&self) -> Vec<String> {
        let tools = (0..self.tools.len()).filter_map(|at| self.read_tool(at).err());
        tools.chain(self.actions.iter().filter_map(|action| action.read().err())).collect()
    }

    /// The action or reusable workflow at `owner/name`, and the path inside of the repository if it does not lie at its root.
    #[must_use]
    pub fn action<'t>(&'t self, source: &str, path: Option<&str>) -> Option<&'t ActionSpec> {
        let known = self.sources.get(&source.to_ascii_lowercase())?;
        let path = path.map(|p| p.trim_start_matches("./").trim_matches('/')).filter(|p| !p.is_empty());
        known.iter().rev().filter_map(|at| self.spec(*at)).find(|a| match (&a.path, path) {
            (Some(glob), Some(path)) => glob.matches(path) == Truth::Yes,
            (None, None) => true,
            _ => false,
        })
    }

    /// Whether a file of the user says what the action is.
    #[must_use]
    pub fn is_given(&self, source: &str) -> bool {
        let known = self.sources.get(&source.to_ascii_lowercase()).into_iter().flatten();
        known.filter_map(|at| self.actions.get(*at)).any(|action| matches!(action.written, Written::Given(_)))
    }

    /// Settings that weaken the tools which read a file.
    pub fn settings<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t SettingSpec> {
        self.setting.iter().filter(move |spec| spec.file.matches(path) == Truth::Yes)
    }

    /// What setting this variable to this value does. Unknown parts of the value stand as one [`super::UNKNOWN`] each.
    pub fn environment<'t>(&'t self, name: &str, value: &str) -> impl Iterator<Item = &'t EnvironmentSpec> {
        self.environment.iter().filter(move |e| e.name.matches(name) == Truth::Yes && e.value.matches(value) == Truth::Yes)
    }

    pub(super) fn by_binary(&self, name: &str) -> Option<(&Tool, &[String])> {
        let (i, prefix) = self.binaries.get(name)?;
        Some((self.tool(*i)?, prefix))
    }

    pub(super) fn by_module(&self, name: &str) -> Option<&Tool> {
        self.tool(*self.modules.get(name)?)
    }

    pub(super) fn by_package(&self, path: &str) -> Option<&Tool> {
        self.tool(*self.packages.get(path)?)
    }

    pub(super) fn by_image(&self, image: &str) -> Option<&Tool> {
        let image = image.strip_prefix("docker://").unwrap_or(image);
        let image = image.split('@').next().unwrap_or(image);
        let slash = image.rfind('/').map_or(0, |i| i + 1);
        let end = image[slash..].find(':').map_or(image.len(), |i| slash + i);
        let repository = &image[..end];
        let short = repository.strip_prefix("docker.io/").unwrap_or(repository);
        let by_repository = self.images.get(repository).or_else(|| self.images.get(short)).and_then(|i| self.tool(*i));
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

/// By what a tool of a user's file is found.
fn names_of(tool: Tool) -> ToolNames {
    let Tool { name, binaries, prefixes, images, modules, packages, .. } = tool;
    ToolNames { name, binaries, prefixes, images, modules, packages }
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
    let guesses = tool.guesses.iter().map(|guess| &guess.unless);
    for flag in tool.roles.values().chain(guesses).flat_map(|m| &m.0).filter_map(|t| flag_of(&t.route)) {
        let known = tool.flags.contains_key(flag) || tool.command.iter().any(|c| c.flags.contains_key(flag));
        if !known {
            return Err(format!(
                "tool `{}`, roles and guesses: flag `{flag}` is neither in `values` nor in `switches`",
                tool.name
            ));
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
