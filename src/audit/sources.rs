//! What is to be audited, as people name it: folders, URLs, lists of a forge; into entries of a plan.

use super::fetch;
use super::plan::Entry;
use super::record::Status;
use super::{AuditError, Io};
use crate::discover::{DiscoverError, Git};
use crate::remote::Remote;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::panic::catch_unwind;
use std::path::Path;

/// Folders within folders that are searched for repositories.
const DEPTH: usize = 4;
/// Servers are asked for so many heads at the same time.
const ASKED: usize = 8;

/// The repositories that the arguments name, sorted, each with its commit.
pub(super) fn entries(sources: &[String], io: &mut Io<'_>) -> Result<Vec<Entry>, AuditError> {
    let mut found = Vec::new();
    for source in sources {
        let path = Path::new(source);
        if source == "-" {
            listed("stdin", &text(io.input).map_err(|e| AuditError::File("stdin".to_owned(), e))?, &mut found)?;
        } else if path.is_dir() {
            let before = found.len();
            search(path, path, DEPTH, &mut found);
            if found.len() == before {
                return Err(AuditError::Usage(format!("{source}: no git repository here")));
            }
            bare_folders(path, &found, io);
        } else if path.is_file() {
            let mut file = std::fs::File::open(path).map_err(AuditError::at(path))?;
            listed(source, &text(&mut file).map_err(AuditError::at(path))?, &mut found)?;
        } else if fetch::is_url(source) {
            found.push(of_url(source)?);
        } else {
            return Err(AuditError::Usage(format!("{source}: neither a folder, nor a file, nor the URL of a repository")));
        }
    }
    let mut by_name: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in found {
        let place = |e: &Entry| e.git_dir.clone().or(e.url.clone()).unwrap_or_default();
        if let Some(other) = by_name.get(&entry.repository).filter(|other| place(other) != place(&entry)) {
            let message = format!("two repositories are called `{}`: {} and {}", entry.repository, place(other), place(&entry));
            return Err(AuditError::Usage(message));
        }
        by_name.insert(entry.repository.clone(), entry);
    }
    let mut entries: Vec<Entry> = by_name.into_values().collect();
    if entries.is_empty() {
        return Err(AuditError::Usage(format!("{}: no repository is named here", sources.join(", "))));
    }
    entries.par_iter_mut().filter(|e| e.git_dir.is_some()).for_each(resolve);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(ASKED).build();
    let pool = pool.map_err(|e| AuditError::Usage(format!("no threads: {e}")))?;
    pool.install(|| entries.par_iter_mut().filter(|e| e.git_dir.is_none() && e.head.is_none()).for_each(ask));
    Ok(entries)
}

fn text(from: &mut dyn Read) -> std::io::Result<String> {
    let mut text = String::new();
    BufReader::new(from).read_to_string(&mut text)?;
    Ok(text)
}

/// Looks for repositories below a folder. What looks like one that is broken counts as well: it must not get lost.
fn search(top: &Path, folder: &Path, depth: usize, found: &mut Vec<Entry>) {
    if looks_like_git(folder) {
        let relative = folder.strip_prefix(top).unwrap_or(folder).to_string_lossy().replace('\\', "/");
        let own = || std::path::absolute(folder).ok().and_then(|f| Some(f.file_name()?.to_string_lossy().into_owned()));
        let name = if relative.is_empty() { own().unwrap_or_else(|| ".".to_owned()) } else { relative };
        let place = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        found.push(Entry {
            record: "entry".to_owned(),
            repository: name.trim_end_matches(".git").trim_end_matches('/').to_owned(),
            git_dir: Some(place.to_string_lossy().into_owned()),
            ..Entry::default()
        });
        return;
    }
    if depth > 0 {
        folders(folder).iter().for_each(|inner| search(top, inner, depth - 1, found));
    }
}

fn looks_like_git(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
    has(".git") || has("objects") && (has("HEAD") || has("refs")) || folder.extension().is_some_and(|e| e == "git")
}

/// The visible folders directly in a folder, sorted; links are not followed.
fn folders(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let visible =
        entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir()) && !e.file_name().to_string_lossy().starts_with('.'));
    let mut folders: Vec<_> = visible.map(|e| e.path()).collect();
    folders.sort();
    folders
}

/// A folder among mirrors that holds none may be one that failed.
fn bare_folders(top: &Path, found: &[Entry], io: &mut Io<'_>) {
    let holds = |folder: &Path| found.iter().filter_map(|e| e.git_dir.as_ref()).any(|dir| Path::new(dir).starts_with(folder));
    for folder in folders(top) {
        let absolute = std::path::absolute(&folder).unwrap_or_else(|_| folder.clone());
        if !holds(&absolute) && !looks_like_git(top) {
            io.say(&format!("note: {}: no git repository here, so nothing of it is in the plan", folder.display()));
        }
    }
}

/// Repositories of a list: lines of URLs, paths or JSON, or one JSON array.
fn listed(shown: &str, text: &str, found: &mut Vec<Entry>) -> Result<(), AuditError> {
    let wrong = |at: usize, why: &str| AuditError::Usage(format!("{shown}:{at}: {why}"));
    if text.trim_start().starts_with('[') {
        let values: Vec<Value> = serde_json::from_str(text).map_err(|e| AuditError::Usage(format!("{shown}: {e}")))?;
        for (index, value) in values.iter().enumerate() {
            found.push(of_json(value).map_err(|why| wrong(index + 1, &why))?);
        }
        return Ok(());
    }
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('{') {
            let value: Value = serde_json::from_str(line).map_err(|e| wrong(number + 1, &e.to_string()))?;
            if value["record"] != "plan" {
                found.push(of_json(&value).map_err(|why| wrong(number + 1, &why))?);
            }
        } else if fetch::is_url(line) {
            found.push(of_url(line)?);
        } else if Path::new(line).is_dir() {
            let path = Path::new(line);
            search(path, path, 0, found);
        } else {
            return Err(wrong(number + 1, "neither a URL, nor a folder, nor JSON"));
        }
    }
    Ok(())
}

/// A repository as tools of forges describe it (`gh repo list --json nameWithOwner,url`, GitLab's and Gitea's API), or as a plan does.
fn of_json(value: &Value) -> Result<Entry, String> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| value[*key].as_str()).map(str::to_owned);
    let git_dir = first(&["git_dir", "path"]).filter(|path| Path::new(path).is_dir() || value["git_dir"].is_string());
    let url = first(&["clone_url", "http_url_to_repo", "url", "sshUrl", "ssh_url", "ssh_url_to_repo"]);
    let name = first(&["repository", "nameWithOwner", "path_with_namespace", "full_name", "name"]);
    let named = |e: Entry| Entry { repository: name.clone().unwrap_or(e.repository), ..e };
    let head = first(&["head"]);
    let web = first(&["web", "web_url", "html_url"])
        .filter(|url| url.starts_with("https://"))
        .or_else(|| Remote::parse(url.as_ref()?)?.web());
    match (git_dir, url) {
        (Some(dir), _) => {
            let dir = std::path::absolute(&dir).map_or(dir, |d| d.to_string_lossy().into_owned());
            let repository = dir.trim_end_matches('/').trim_end_matches(".git").to_owned();
            Ok(named(Entry { record: "entry".to_owned(), repository, head, git_dir: Some(dir), web, ..Entry::default() }))
        }
        (None, Some(url)) => Ok(Entry { head, web, ..named(of_url(&url).map_err(|e| e.to_string())?) }),
        (None, None) => Err("neither a `url` nor a `git_dir`".to_owned()),
    }
}

/// A repository by its URL; its name is host and path.
fn of_url(url: &str) -> Result<Entry, AuditError> {
    let remote = fetch::fetchable(url).map_err(|why| AuditError::Usage(format!("{url}: {why}")))?;
    let (url, web) = (Some(url.to_owned()), remote.web());
    Ok(Entry { record: "entry".to_owned(), repository: remote.name(), url, web, ..Entry::default() })
}

/// The commit of a repository on this machine, and where it was cloned from.
fn resolve(entry: &mut Entry) {
    let Some(dir) = &entry.git_dir else { return };
    let read = catch_unwind(|| {
        let git = Git::open(Path::new(dir))?;
        let head = if entry.head.is_some() { Ok(None) } else { git.head().map(Some) };
        Ok((head?, git.origin()))
    });
    let head = match read.unwrap_or_else(|_| Err(DiscoverError::Git("the git library panicked".to_owned()))) {
        Ok((head, origin)) => {
            entry.web = entry.web.take().or_else(|| Remote::parse(&origin?)?.web());
            head.map(Ok)
        }
        // What the list says of a head counts, and its analysis will say what is wrong.
        Err(_) if entry.head.is_some() => None,
        Err(e) => Some(Err(e)),
    };
    let Some(head) = head else { return };
    match head {
        Ok(Some(head)) => entry.head = Some(head.to_string()),
        Ok(None) => entry.status = Some(Status::Empty),
        Err(e) => entry.fail(Status::Unreadable, e.to_string()),
    }
}

/// The commit of a repository on a server.
fn ask(entry: &mut Entry) {
    let Some(url) = &entry.url else { return };
    match fetch::head(url) {
        Ok(Some(head)) => entry.head = Some(head),
        Ok(None) => entry.status = Some(Status::Empty),
        Err(failure) => entry.fail(failure.status, failure.reason),
    }
}
