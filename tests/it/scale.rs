//! Large and circular pipelines: the answer stays right, and where a limit is hit it says so. How long it takes is for `cargo bench`.

use crate::support::{repository, swaplint};
use serde_json::Value;
use std::fmt::Write;

const FILE: &str = ".github/workflows/x.yml";

fn report(files: &[(&str, &str)]) -> Value {
    let dir = repository(files);
    swaplint(dir.path(), &["check", "--format", "json", "--persona", "auditor", "."]).json()
}

fn count(report: &Value, rule: &str) -> usize {
    report["findings"].as_array().expect("a list").iter().filter(|f| f["rule"] == rule).count()
}

#[test]
fn two_hundred_jobs_in_a_row() {
    let mut text = "on: push\njobs:\n".to_owned();
    for job in 0..200 {
        let needs = if job > 0 { format!("    needs: j{}\n", job - 1) } else { String::new() };
        let _ = write!(text, "  j{job}:\n{needs}    steps:\n");
        for step in 0..10 {
            let run = if step == 0 { format!("docker push ghcr.io/acme/app:v{job}") } else { format!("echo {step}") };
            let _ = writeln!(text, "      - run: {run}");
        }
    }
    text += "  ship:\n    needs: j199\n    steps:\n      - run: kubectl set image deploy/app app=ghcr.io/acme/app:v0\n";
    let report = report(&[(FILE, &text)]);
    assert_eq!(count(&report, "unpinned-deploy-image"), 1);
    let handoff = &report["handoffs"][0];
    assert_eq!((&handoff["producer"]["execution"], &handoff["window"]), (&"j0".into(), &"open".into()));
}

#[test]
fn twenty_thousand_lines() {
    let mut text = "on: push\njobs:\n  ship:\n    steps:\n      - run: |\n          IMAGE=ghcr.io/acme/app:1\n".to_owned();
    for line in 0..20_000 {
        let _ = writeln!(text, "          echo {line}");
    }
    text += "          kubectl set image deploy/app app=$IMAGE\n";
    let report = report(&[(FILE, &text)]);
    assert_eq!(count(&report, "unpinned-deploy-image"), 1);
    assert_eq!(report["findings"][0]["evidence"]["resolved"], "ghcr.io/acme/app:1");
}

#[test]
fn five_hundred_assignments_in_a_row() {
    let mut text = "on: push\njobs:\n  ship:\n    steps:\n      - run: |\n          A0=ghcr.io/acme/app:1\n".to_owned();
    for line in 1..=500 {
        let _ = writeln!(text, "          A{line}=$A{}", line - 1);
    }
    text += "          kubectl set image deploy/app app=$A500\n";
    assert_eq!(report(&[(FILE, &text)])["findings"][0]["evidence"]["resolved"], "ghcr.io/acme/app:1");
}

#[test]
fn doubled_values_are_bounded() {
    let mut text = "on: push\njobs:\n  ship:\n    steps:\n      - run: |\n          A=ab\n".to_owned();
    for _ in 0..60 {
        text += "          A=$A$A\n";
    }
    text += "          kubectl set image deploy/app app=$A\n";
    assert_eq!(report(&[(FILE, &text)])["summary"]["unparsable"], 0);
}

/// The limit is the forge's own (ten levels); what lies behind it is told to auditors.
#[test]
fn workflows_that_call_each_other_in_a_circle() {
    let call = |to: &str| {
        format!(
            "on: [push, workflow_call]\njobs:\n  a:\n    uses: ./.github/workflows/{to}.yml\n  b:\n    uses: ./.github/workflows/{to}.yml\n"
        )
    };
    let (one, two) = (call("y"), call("x") + "  sign:\n    steps:\n      - run: cosign sign ghcr.io/acme/app:1\n");
    let report = report(&[(FILE, &one), (".github/workflows/y.yml", &two)]);
    assert_eq!(count(&report, "sign-by-tag"), 1);
    assert!(count(&report, "opaque-step") > 0);
}
