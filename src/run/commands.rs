//! The commands beside `check`.

use super::gate::{Home, here};
use super::{RunError, Streams, facts_of, stdout};
use crate::cli::{Cli, RulesForm, SchemaOf};
use crate::config::{self, Config};
use crate::facts::Facts;
use crate::policy::{self, Policies, RuleInfo, RuleOption, TestReport};
use crate::report::{self, neutral};
use crate::suggest;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// `swaplint explain`
pub(super) fn explain(id: &str, policies: &Policies, color: bool, out: &mut dyn Write) -> Result<u8, RunError> {
    let Some(rule) = policies.rule(id) else {
        let hint = suggest::did_you_mean(id, policies.rules().iter().map(|r| &*r.id));
        return Err(RunError::Usage(format!("there is no rule `{id}`{hint}")));
    };
    stdout(write_page(rule, color, out))?;
    Ok(0)
}

fn write_page(rule: &RuleInfo, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let grades =
        format!("{} severity, {} confidence, {} persona, family {}", rule.severity, rule.confidence, rule.persona, rule.family);
    if rule.doc.is_empty() {
        writeln!(out, "# {}\n\n{}\n\n{}", rule.id, neutral(&rule.title), neutral(&rule.description))?;
        writeln!(out, "\n{grades}")?;
        for (link, description) in &rule.references {
            writeln!(out, "- {}: {}", neutral(description), neutral(link))?;
        }
        return write_options(rule, color, out);
    }
    let mut fenced = false;
    for (number, line) in rule.doc.lines().enumerate() {
        fenced ^= line.starts_with("```");
        let text = line.split('\t').map(neutral).collect::<Vec<_>>().join("\t");
        if color && !fenced && line.starts_with('#') {
            writeln!(out, "\u{1b}[1m{text}\u{1b}[0m")?;
        } else {
            writeln!(out, "{text}")?;
        }
        if number == 0 {
            writeln!(out, "\n{}\n{grades}", neutral(&rule.title))?;
        }
    }
    write_options(rule, color, out)
}

/// What the config can say to the rule.
fn write_options(rule: &RuleInfo, color: bool, out: &mut dyn Write) -> io::Result<()> {
    if rule.options.is_empty() {
        return Ok(());
    }
    let (bold, plain) = if color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    writeln!(out, "\n{bold}## Options{plain}\n\nIn the config below `rules: {}: options:`\n", rule.id)?;
    for option in &rule.options {
        let description = neutral(&option.description);
        writeln!(out, "- `{}` ({}, by default `{}`): {description}", neutral(&option.name), option.kind(), option.default)?;
    }
    Ok(())
}

/// `swaplint rules`
pub(super) fn rules(form: RulesForm, policies: &Policies, out: &mut dyn Write) -> Result<u8, RunError> {
    let written = match form {
        RulesForm::Table => write_table(policies.rules(), out),
        RulesForm::Json => write_json(&policies.rules().iter().map(rule_json).collect(), out),
    };
    stdout(written)?;
    Ok(0)
}

fn write_table(rules: &[RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or(0).max(4);
    let family = rules.iter().map(|r| r.family.len()).max().unwrap_or(0).max(6);
    writeln!(out, "{:width$}  {:family$}  {:8}  {:10}  {:8}  title", "rule", "family", "severity", "confidence", "persona")?;
    for r in rules {
        let (severity, confidence, persona) = (r.severity.name(), r.confidence.name(), r.persona.name());
        let title = neutral(&r.title);
        writeln!(out, "{:width$}  {:family$}  {severity:8}  {confidence:10}  {persona:8}  {title}", r.id, r.family)?;
    }
    Ok(())
}

fn rule_json(rule: &RuleInfo) -> Value {
    let formats =
        if rule.formats.is_empty() { policy::format_names() } else { rule.formats.iter().map(String::as_str).collect() };
    json!({
        "id": rule.id,
        "family": rule.family,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "persona": rule.persona,
        "formats": formats,
        "title": rule.title,
        "description": rule.description,
        "options": rule.options.iter().map(option_json).collect::<Vec<_>>(),
        "builtin": rule.builtin,
        "url": url(rule),
    })
}

fn option_json(option: &RuleOption) -> Value {
    json!({"name": option.name, "kind": option.kind(), "default": option.default, "description": option.description})
}

fn write_json(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// What reports say about a rule.
pub(super) fn report_rule(rule: &RuleInfo) -> report::Rule {
    report::Rule {
        id: rule.id.to_string(),
        family: rule.family.to_string(),
        title: rule.title.clone(),
        description: rule.description.clone(),
        severity: rule.severity,
        confidence: rule.confidence,
        persona: rule.persona,
        doc: rule.doc.clone(),
        url: url(rule),
    }
}

/// The rule's page on the web; of users' rules the first reference.
fn url(rule: &RuleInfo) -> Option<String> {
    let page = || format!("{}/blob/main/docs/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), rule.id);
    if rule.builtin { Some(page()) } else { rule.references.first().map(|(link, _)| link.clone()) }
}

/// `swaplint facts`: one document, or a list if the file holds several pipelines.
pub(super) fn facts(path: &Path, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let (facts, problems) = facts_of(path, streams.input)?;
    for problem in &problems {
        let _ = writeln!(streams.err, "{}", neutral(problem));
    }
    let value = match facts.as_slice() {
        [one] => serde_json::to_value(one),
        many => serde_json::to_value(many),
    };
    let value = value.map_err(|e| RunError::Usage(e.to_string()))?;
    stdout(write_json(&value, streams.out))?;
    Ok(if problems.is_empty() { 0 } else { 2 })
}

/// `swaplint init`
pub(super) fn init(streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let root = here()?;
    if let Some(file) = Home::disk(&root).config_file() {
        return Err(RunError::Usage(format!("{} is there already", file.display())));
    }
    let name = if root.join(".github").is_dir() { ".github/swaplint.yml" } else { "swaplint.yml" };
    let file = root.join(name);
    std::fs::write(&file, config::STARTER).map_err(|e| RunError::Output(file.display().to_string(), e))?;
    stdout(writeln!(streams.out, "Wrote {name}.\n{NEXT}"))?;
    Ok(0)
}

/// What to do after `init`.
const NEXT: &str = "
What is there already need not stop anybody: `swaplint baseline create`, then `baseline: swaplint-baseline.json` in the config.

In .pre-commit-config.yaml:

  - repo: local
    hooks:
      - id: swaplint
        name: swaplint
        entry: swaplint check
        language: system
        require_serial: true
        files: (\\.ya?ml|\\.groovy|Jenkinsfile.*)$

In CI, as a step that fails on findings:

  swaplint check --output sarif=swaplint.sarif";

/// `swaplint schema`
pub(super) fn schema(what: SchemaOf, out: &mut dyn Write) -> Result<u8, RunError> {
    let schema = match what {
        SchemaOf::Facts => schemars::schema_for!(Facts),
        SchemaOf::Config => schemars::schema_for!(Config),
    };
    stdout(write_json(schema.as_value(), out))?;
    Ok(0)
}

/// `swaplint man`: the program, then each command on the same page.
pub(super) fn man(out: &mut dyn Write) -> Result<u8, RunError> {
    let mut command = Cli::command();
    command.build();
    stdout(write_man(&command, out))?;
    Ok(0)
}

fn write_man(command: &clap::Command, out: &mut dyn Write) -> io::Result<()> {
    let page = Man::new(command.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    write_commands(command, out)?;
    page.render_version_section(out)
}

fn write_commands(of: &clap::Command, out: &mut dyn Write) -> io::Result<()> {
    for command in of.get_subcommands() {
        let name = command.get_bin_name().unwrap_or(command.get_name());
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let mut page = Roff::default();
        page.control("SH", [name.to_uppercase().as_str()]).text([roman(about)]);
        page.to_writer(out)?;
        if command.has_subcommands() {
            write_commands(command, out)?;
        } else {
            Man::new(command.clone()).render_options_section(out)?;
        }
    }
    Ok(())
}

/// `swaplint completions`
pub(super) fn completions(shell: Shell, out: &mut dyn Write) -> Result<u8, RunError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "swaplint", &mut text);
    stdout(out.write_all(&text))?;
    Ok(0)
}

/// `swaplint policy test`
pub(super) fn policy_test(dir: Option<&Path>, out: &mut dyn Write) -> Result<u8, RunError> {
    let report = match dir {
        Some(dir) => policy::test_directory(dir)?,
        None => policy::test_builtin()?,
    };
    if report.tests.is_empty() {
        let place = dir.map_or_else(|| "the built-in rules".to_owned(), |d| d.display().to_string());
        return Err(RunError::Usage(format!("{place}: no test found: a test is a rule `test_..` in a file `.._test.rego`")));
    }
    stdout(write_tests(&report, out))?;
    Ok(u8::from(report.failures() > 0))
}

fn write_tests(report: &TestReport, out: &mut dyn Write) -> io::Result<()> {
    for test in &report.tests {
        let place = format!("{}:{}", neutral(&test.path), test.line);
        match &test.failure {
            None => writeln!(out, "ok    {place} {}", test.name)?,
            Some(why) => writeln!(out, "FAIL  {place} {}: {}", test.name, neutral(why))?,
        }
    }
    for file in &report.coverage {
        let total = file.covered + file.missed.len();
        let missed: Vec<_> = file.missed.iter().map(u32::to_string).collect();
        let missed = if missed.is_empty() { String::new() } else { format!(", not reached: {}", missed.join(", ")) };
        writeln!(out, "cover {} {}/{total} lines{missed}", neutral(&file.path), file.covered)?;
    }
    writeln!(out, "{} tests, {} failed", report.tests.len(), report.failures())
}
