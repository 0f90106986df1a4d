//! Compiles the built-in policies, and makes the tools' data quick to read, so that a run over one small file does not spend its time on
//! what is the same in every run. Policies and data are embedded by a macro that cannot see new files by itself.

#[path = "src/policy/entry.rs"]
mod entry;

use regorus::languages::rego::compiler::Compiler;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rerun-if-changed=src/tools/data");
    println!("cargo::rerun-if-changed=src/policy/entry.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    fs::write(out.join("policies.bin"), policies()?)?;
    fs::write(out.join("rules.json"), rules()?)?;
    let (data, index) = tools()?;
    fs::write(out.join("tools.txt"), data)?;
    fs::write(out.join("tools.json"), index)?;
    Ok(())
}

/// The policies, without their tests, as one program.
fn policies() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut engine = regorus::Engine::new();
    let mut entries = Vec::new();
    for path in files(Path::new("policies"), "rego")? {
        let text = fs::read_to_string(&path)?;
        let name = path.to_string_lossy().replace('\\', "/");
        if !name.ends_with("_test.rego") {
            entries.extend(entry::entry_point(name.trim_start_matches("policies/"), &text));
            engine.add_policy(name, text)?;
        }
    }
    engine.add_policy("policies/all.rego".to_owned(), all(&entries))?;
    let entries: Vec<&str> = entries.iter().map(String::as_str).chain([entry::ALL]).collect();
    let first = entries.first().copied().ok_or("there is no policy")?;
    let compiled = engine.compile_with_entrypoint(&Arc::from(first))?;
    Ok(Compiler::compile_from_policy(&compiled, &entries)?.serialize_binary()?)
}

/// The policy behind [`entry::ALL`]: one evaluation for all of them, in which helpers that several use are evaluated once.
fn all(entries: &[String]) -> String {
    let rules = entries.iter().map(|entry| format!("results[id] := {entry} if {{\n\tid := \"{entry}\"\n\tinput.asked[id]\n}}\n"));
    std::iter::once("package swaplint.all\n".to_owned()).chain(rules).collect()
}

/// The metadata of the rules, by path below `policies`.
fn rules() -> Result<String, Box<dyn Error>> {
    let mut rules = BTreeMap::new();
    for path in files(Path::new("policies"), "rego")?.iter().filter(|path| path.ends_with("rule.rego")) {
        let text = fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        if let Some((_, yaml)) = entry::block(&lines, entry::is_package) {
            let metadata: serde_json::Value = serde_yaml::from_str(&yaml).map_err(|e| format!("{}: {e}", path.display()))?;
            rules.insert(path.strip_prefix("policies")?.to_string_lossy().replace('\\', "/"), metadata);
        }
    }
    Ok(serde_json::to_string(&rules)?)
}

/// The fields by which tools and actions are found.
const NAMES: &[&str] = &["name", "binaries", "prefixes", "images", "modules", "packages", "source"];

/// The tools' data: all tools and actions as JSON, one after the other, and an index of them, so that a run reads only what it needs.
fn tools() -> Result<(String, String), Box<dyn Error>> {
    let (mut data, mut index) = (String::new(), BTreeMap::<String, Vec<serde_json::Value>>::new());
    for path in files(Path::new("src/tools/data"), "toml")? {
        let document: BTreeMap<String, Vec<toml::Table>> =
            toml::from_str(&fs::read_to_string(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        for (kind, entries) in document {
            for entry in entries {
                let listed = index.entry(kind.clone()).or_default();
                if matches!(kind.as_str(), "environment" | "setting") {
                    listed.push(serde_json::to_value(entry)?);
                    continue;
                }
                let start = data.len();
                data.push_str(&serde_json::to_string(&entry)?);
                let names: toml::Table = entry.into_iter().filter(|(key, _)| NAMES.contains(&key.as_str())).collect();
                listed.push(serde_json::json!({ "at": { "start": start, "end": data.len() }, "names": names }));
            }
        }
    }
    Ok((data, serde_json::to_string(&index)?))
}

/// Files of a kind below a folder, sorted.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
