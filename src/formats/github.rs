//! GitHub.
use crate::formats::Loaded;
use crate::source::FileId;
pub(super) fn is_workflow(path: &str, _: Option<&str>) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    is_yaml(name) && (folder == ".github/workflows" || folder.ends_with("/.github/workflows"))
}
fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}
pub(super) fn is_action(path: &str, _: Option<&str>) -> bool {
    matches!(path.rsplit('/').next(), Some("action.yml" | "action.yaml"))
}
pub(super) fn load_workflow(_: FileId, _: &str, _: &str) -> Loaded { Loaded::default() }
pub(super) fn load_action(_: FileId, _: &str, _: &str) -> Loaded { Loaded::default() }
