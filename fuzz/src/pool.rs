//! Texts to begin with and to take parts from: the files of this repository, and those of a folder that `SWAPLINT_FUZZ_SEEDS` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use swaplint::formats::yaml::Yaml;
use swaplint::source::FileId;

/// Larger files are left out, and more files than this.
const LARGEST: u64 = 32 * 1024;
const MOST: usize = 6_000;
/// What is of use, by the end of its name.
const ENDS: &[&str] =
    &[".yml", ".yaml", ".groovy", "Jenkinsfile", ".sh", ".ps1", ".py", "akefile", ".mk", "ockerfile", ".md", ".toml"];

/// What kind of text a target reads.
#[derive(Debug, Clone, Copy)]
pub enum Pool {
    /// Pipelines and policies in YAML.
    Yaml,
    /// Jenkinsfiles and shared libraries.
    Groovy,
    /// Scripts that stand in pipelines.
    Scripts,
    /// Makefiles and Dockerfiles.
    Makefiles,
    /// Short texts that stand in pipelines.
    Scalars,
    /// Config files.
    Configs,
}

static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(files);
static YAML: LazyLock<Vec<String>> = LazyLock::new(|| chosen(|name| name.ends_with(".yml") || name.ends_with(".yaml")));
static GROOVY: LazyLock<Vec<String>> = LazyLock::new(|| chosen(|name| name.contains("Jenkinsfile") || name.ends_with(".groovy")));
static SCRIPTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut scripts = chosen(|name| name.ends_with(".sh") || name.ends_with(".ps1") || name.ends_with(".py"));
    scripts.extend(scalars().into_iter().filter(|text| text.contains('\n') || text.contains(" -")));
    scripts
});
static MAKEFILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = chosen(|name| name.contains("akefile") || name.ends_with(".mk") || name.contains("ockerfile"));
    all.push(
        "include x.mk\nA := $(shell cat a)\nifeq ($(A),1)\nall: a b\n\t@docker push $(IMAGE):$@\nendif\ndefine x\ny\nendef\n"
            .into(),
    );
    all.push("ARG V=1\nFROM a:${V:-2} AS b\nRUN --mount=from=c,target=/x <<E\nx\nE\nCOPY --from=b a b\n".into());
    all
});
static SCALARS: LazyLock<Vec<String>> = LazyLock::new(|| scalars().into_iter().filter(|text| text.len() < 400).collect());
static CONFIGS: LazyLock<Vec<String>> = LazyLock::new(configs);

impl Pool {
    /// Its texts; never none.
    pub fn texts(self) -> &'static [String] {
        match self {
            Pool::Yaml => &YAML,
            Pool::Groovy => &GROOVY,
            Pool::Scripts => &SCRIPTS,
            Pool::Makefiles => &MAKEFILES,
            Pool::Scalars => &SCALARS,
            Pool::Configs => &CONFIGS,
        }
    }
}

fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> =
        vec![root.join("corpus"), root.join("benches/fixed"), root.join("docs"), root.join("src/config")];
    folders.extend(std::env::var_os("SWAPLINT_FUZZ_SEEDS").map(PathBuf::from));
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Ok(metadata) = path.symlink_metadata() else { continue };
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && metadata.len() <= LARGEST && found.len() < MOST {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if !ENDS.iter().any(|end| name.ends_with(end)) {
                    continue;
                }
                found.extend(fs::read_to_string(&path).ok().map(|text| (name, text)));
            }
        }
    }
    found
}

fn chosen(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let texts = FILES.iter().filter(|(name, _)| wanted(name)).map(|(_, text)| text.clone());
    std::iter::once("a: b\n".to_owned()).chain(texts).collect()
}

/// Every text that stands in the pipelines, keys left out.
fn scalars() -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for text in YAML.iter() {
        let yaml = Yaml::parse(FileId(0), text);
        found.extend(yaml.scalars().map(|scalar| scalar.text().to_owned()).filter(|text| text.len() > 3));
    }
    found.into_iter().collect()
}

/// The config files in the documentation.
fn configs() -> Vec<String> {
    let mut found = chosen(|name| name == "starter.yml");
    for (_, page) in FILES.iter().filter(|(name, _)| name.ends_with(".md")) {
        for block in page.split("```").skip(1).step_by(2).filter(|block| block.starts_with("yaml") || block.starts_with("toml")) {
            found.extend(block.split_once('\n').map(|(_, text)| text.to_owned()));
        }
    }
    found
}
