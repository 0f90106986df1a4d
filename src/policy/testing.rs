//! `policy test`: runs the `test_*` rules of `*_test.rego` files.

use super::PolicyError;
use super::bundle::{self, Bundle};
use super::engine::{self, Module};
use super::{fields, recursion};
use regorus::Value;
use std::path::Path;

/// One test and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// The test file.
    pub path: String,
    /// 1-based line of the test.
    pub line: usize,
    /// `test_..`
    pub name: String,
    /// What went wrong, if it did.
    pub failure: Option<String>,
}

/// Lines of a policy file that tests reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCoverage {
    /// The policy file.
    pub path: String,
    /// Number of lines reached.
    pub covered: usize,
    /// 1-based lines not reached.
    pub missed: Vec<u32>,
}

/// All tests of one run.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// By file and line.
    pub tests: Vec<TestOutcome>,
    /// By file; test files and helpers left out.
    pub coverage: Vec<FileCoverage>,
}

impl TestReport {
    /// Number of tests that failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.tests.iter().filter(|t| t.failure.is_some()).count()
    }
}

/// Runs the tests of the built-in rules.
///
/// # Errors
/// If a file does not load.
pub fn test_builtin() -> Result<TestReport, PolicyError> {
    let bundle = bundle::builtin()?;
    run(&bundle, Vec::new())
}

/// Runs the tests of a directory of policies.
///
/// # Errors
/// If a file cannot be read or does not load.
pub fn test_directory(path: &Path) -> Result<TestReport, PolicyError> {
    let bundle = bundle::directory(path)?;
    recursion::count(&bundle.modules)?;
    run(&bundle, bundle::library())
}

fn run(bundle: &Bundle, mut modules: Vec<Module>) -> Result<TestReport, PolicyError> {
    modules.extend(bundle.modules.iter().cloned());
    modules.extend(bundle.tests.iter().cloned());
    let mut engine = engine::interpreter_engine(&modules)?;
    fields::check(&bundle.modules)?;
    recursion::check(&bundle.modules)?;
    let options = super::options_data(bundle.rules.iter(), &super::Options::new());
    engine.add_data(options).map_err(|e| PolicyError::Data(e.to_string()))?;
    engine.set_execution_timer_config(engine::budget());
    engine.set_enable_coverage(true);
    let mut report = TestReport::default();
    for module in &bundle.tests {
        let (_, package) = bundle::package_of(&module.text);
        for (line, name) in test_rules(&module.text) {
            let failure = match engine::interpret(&mut engine, format!("data.{package}.{name}")) {
                Ok(Value::Bool(true)) => None,
                Ok(Value::Undefined) => Some("undefined".to_owned()),
                Ok(other) => Some(format!("it is {other}")),
                Err(e) => Some(e),
            };
            report.tests.push(TestOutcome { path: module.path.clone(), line, name: name.to_owned(), failure });
        }
    }
    if let Ok(coverage) = engine.get_coverage_report() {
        let is_rule = |path: &str| bundle.rules.iter().any(|r| r.path == path);
        report.coverage = coverage
            .files
            .into_iter()
            .filter(|f| is_rule(&f.path))
            .map(|f| FileCoverage { path: f.path, covered: f.covered.len(), missed: f.not_covered.into_iter().collect() })
            .collect();
        report.coverage.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(report)
}

/// 1-based lines and names of the tests.
fn test_rules(text: &str) -> Vec<(usize, &str)> {
    let name = |line: &'_ str| line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
    text.lines().enumerate().filter(|(_, l)| l.starts_with("test_")).map(|(i, l)| (i + 1, &l[..name(l)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_pass_their_tests() {
        let report = test_builtin().expect("loads");
        let failed: Vec<_> = report.tests.iter().filter(|t| t.failure.is_some()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert!(report.tests.len() > 10);
    }

    #[test]
    fn failing_and_undefined_tests_are_told() {
        let dir = tempfile::tempdir().expect("dir");
        let text = "package a_test\n\ntest_ok if true\n\ntest_false := false\n\ntest_undefined if 1 == 2\n";
        std::fs::write(dir.path().join("a_test.rego"), text).expect("written");
        let report = test_directory(dir.path()).expect("loads");
        let failures: Vec<_> = report.tests.iter().map(|t| (t.line, t.failure.as_deref())).collect();
        assert_eq!(failures, [(3, None), (5, Some("it is false")), (7, Some("undefined"))]);
    }
}
