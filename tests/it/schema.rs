//! The facts document and its schema say the same.

use crate::support::{copied, files, folders, root, swaplint};
use serde_json::Value;
use std::path::Path;
use swaplint::formats;

/// The facts of each pipeline file of a case.
fn facts_of(case: &Path) -> Vec<(String, Value)> {
    let repository = copied(case);
    let is_pipeline = |path: &String| {
        let text = std::fs::read_to_string(case.join(path)).unwrap_or_default();
        formats::recognise(path, Some(&text)).is_some()
    };
    let pipelines = files(case).into_iter().filter(is_pipeline);
    let facts = |path: String| {
        let ran = swaplint(repository.path(), &["facts", &path]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.err);
        let documents = match ran.json() {
            Value::Array(many) => many,
            one => vec![one],
        };
        documents.into_iter().map(move |d| (path.clone(), d))
    };
    pipelines.flat_map(facts).collect()
}

/// What the schema has against the facts of the whole repositories.
fn violations() -> Vec<String> {
    let schema = swaplint(root(), &["schema", "facts"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let (mut found, mut validated) = (Vec::new(), 0);
    for case in folders(&root().join("corpus/whole")) {
        for (path, document) in facts_of(&case) {
            found.extend(
                validator.iter_errors(&document).map(|e| format!("{}: {path}{}: {e}", case.display(), e.instance_path())),
            );
            validated += 1;
        }
    }
    assert!(validated >= 5, "{validated}");
    found
}

#[test]
fn facts_meet_their_schema() {
    let violations = violations();
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn the_schema_describes_every_field() {
    let schema = swaplint(root(), &["schema", "facts"]).json();
    let mut undescribed = Vec::new();
    let types = schema["$defs"].as_object().expect("types").iter();
    for (name, definition) in types.chain([(&"Facts".to_owned(), &schema)]) {
        let fields = definition["properties"].as_object().into_iter().flatten();
        undescribed
            .extend(fields.filter(|(_, f)| f["description"].as_str().is_none()).map(|(field, _)| format!("{name}.{field}")));
    }
    assert!(undescribed.is_empty(), "{undescribed:?}");
}

#[test]
fn a_document_that_is_none_is_refused() {
    let schema = swaplint(root(), &["schema", "facts"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(!validator.is_valid(&serde_json::json!({"schema": "swaplint.facts.v1"})));
}
