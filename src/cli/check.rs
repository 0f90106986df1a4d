//! Flags of `check` as they are written, and the options that they resolve to.

use crate::date::Date;
use crate::finding::{Confidence, Persona, Severity};
use crate::report::Form;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which policies.
#[derive(Debug, Clone, Default, Args)]
pub struct PolicyArgs {
    /// A directory of your own policies (Rego); repeatable.
    #[arg(short = 'p', long = "policy", value_name = "DIR", env = "SWAPLINT_POLICY", value_delimiter = ',')]
    pub policy: Vec<PathBuf>,
    /// A JSON or YAML document that your own policies see as `data`; repeatable.
    #[arg(short = 'd', long = "data", value_name = "FILE", env = "SWAPLINT_DATA", value_delimiter = ',')]
    pub data: Vec<PathBuf>,
    /// Leave the built-in rules out.
    #[arg(long, env = "SWAPLINT_NO_BUILTIN", value_parser = FalseyValueParser::new())]
    pub no_builtin: bool,
}

/// Flags of `check`, as written.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, folders, or `-` for stdin (with --stdin-path).
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The report on stdout.
    #[arg(long, value_enum, default_value = "human", env = "SWAPLINT_FORMAT")]
    pub format: Form,
    /// Another report into a file; repeatable.
    #[arg(long, value_name = "FORMAT=FILE", env = "SWAPLINT_OUTPUT", value_delimiter = ',', value_parser = output)]
    pub output: Vec<(Form, PathBuf)>,
    /// The severity from which findings make the exit code 1, or `never` [default: any].
    #[arg(long, value_name = "SEVERITY|never", env = "SWAPLINT_FAIL_ON")]
    pub fail_on: Option<FailOn>,
    /// Findings that are there already and do not count [default: `baseline` of the config].
    #[arg(long, value_name = "FILE", env = "SWAPLINT_BASELINE")]
    pub baseline: Option<PathBuf>,
    /// Report only what is new against this commit (where the history left it, if that is known): a branch, a tag, an id, HEAD^1 ..
    #[arg(long, value_name = "REF", env = "SWAPLINT_DIFF_BASE")]
    pub diff_base: Option<String>,
    /// Take config, policies, baseline and ignores from this commit, and report where they are changed.
    #[arg(long, value_name = "REF", env = "SWAPLINT_TRUSTED_REF")]
    pub trusted_ref: Option<String>,
    /// Let nothing hide a finding: no comment, no entry of the config, no baseline.
    #[arg(long, env = "SWAPLINT_NO_IGNORES", value_parser = FalseyValueParser::new())]
    pub no_ignores: bool,
    /// List suppressed findings as well.
    #[arg(long, env = "SWAPLINT_SHOW_SUPPRESSED", value_parser = FalseyValueParser::new())]
    pub show_suppressed: bool,
    /// The path of what comes from stdin; it decides about the format.
    #[arg(long, value_name = "PATH", env = "SWAPLINT_STDIN_PATH")]
    pub stdin_path: Option<PathBuf>,
    /// What is found.
    #[command(flatten)]
    pub choice: ChoiceArgs,
}

/// Which findings are looked for, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct ChoiceArgs {
    /// Who reads the report: regular, pedantic or auditor.
    #[arg(long, default_value = "regular", env = "SWAPLINT_PERSONA")]
    pub persona: Persona,
    /// Leave out what is less severe: info, low, medium or high.
    #[arg(long, value_name = "SEVERITY", env = "SWAPLINT_MIN_SEVERITY")]
    pub min_severity: Option<Severity>,
    /// Leave out what is less sure: low, medium or high.
    #[arg(long, value_name = "CONFIDENCE", env = "SWAPLINT_MIN_CONFIDENCE")]
    pub min_confidence: Option<Confidence>,
    /// Only these rules or families.
    #[arg(long, value_name = "ID,..", env = "SWAPLINT_SELECT", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules or families.
    #[arg(long, value_name = "ID,..", env = "SWAPLINT_IGNORE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Which policies.
    #[command(flatten)]
    pub policies: PolicyArgs,
    /// The config file [default: .github/swaplint.yml or swaplint.yml, .yaml, .toml at the root].
    #[arg(long, value_name = "FILE", env = "SWAPLINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Read no config file.
    #[arg(long, conflicts_with = "config", env = "SWAPLINT_NO_CONFIG", value_parser = FalseyValueParser::new())]
    pub no_config: bool,
    /// The day at which `until` of ignores is looked, YYYY-MM-DD [default: today, UTC].
    #[arg(long, value_name = "DAY", env = "SWAPLINT_TODAY")]
    pub today: Option<Date>,
    /// Number of threads [default: one a core].
    #[arg(short = 'j', long, value_name = "N", env = "SWAPLINT_JOBS")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Nothing on stderr but errors.
    #[arg(short, long, conflicts_with = "verbose", env = "SWAPLINT_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// Say what is done.
    #[arg(short, long, env = "SWAPLINT_VERBOSE", value_parser = FalseyValueParser::new())]
    pub verbose: bool,
}

/// When findings make the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// From this severity on.
    At(Severity),
    /// Not at all.
    Never,
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == "never" { Ok(FailOn::Never) } else { word.parse().map(FailOn::At).map_err(|e| format!("{e}, never")) }
    }
}

/// `FORMAT=FILE`
fn output(text: &str) -> Result<(Form, PathBuf), String> {
    let (form, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("write FORMAT=FILE")?;
    let known = Form::from_str(form, false).map_err(|_| {
        let names: Vec<_> =
            Form::value_variants().iter().filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned())).collect();
        format!("`{form}` is none of {}", names.join(", "))
    })?;
    Ok((known, file.into()))
}

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Files and folders.
    Paths(Vec<PathBuf>),
    /// Stdin, as if it were this file.
    Stdin(PathBuf),
}

/// Options of `check`, resolved.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is checked.
    pub input: Input,
    /// The report on stdout.
    pub form: Form,
    /// Reports into files.
    pub outputs: Vec<(Form, PathBuf)>,
    /// When the exit code is 1.
    pub fail_on: FailOn,
    /// Whether suppressed findings are listed.
    pub show_suppressed: bool,
    /// The commit against which findings are new.
    pub diff_base: Option<String>,
    /// The commit that decides what counts.
    pub trusted_ref: Option<String>,
    /// Which findings are looked for.
    pub choice: Choice,
}

/// Which findings are looked for, and how; resolved.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Who reads the report.
    pub persona: Persona,
    /// What is left out.
    pub min_severity: Severity,
    /// What is left out.
    pub min_confidence: Confidence,
    /// Only these rules or families; empty: all.
    pub select: Vec<String>,
    /// Not these rules or families.
    pub ignore: Vec<String>,
    /// Which policies.
    pub policies: PolicyArgs,
    /// Which config file.
    pub config: ConfigChoice,
    /// Whether comments and entries of the config hide findings.
    pub ignores: bool,
    /// Which baseline hides findings.
    pub baseline: BaselineChoice,
    /// The day that it is.
    pub today: Date,
    /// Number of threads; 0: one a core.
    pub jobs: usize,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
}

/// Which baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineChoice {
    /// The one that the config names, if it does.
    Config,
    /// This one.
    File(PathBuf),
    /// None.
    No,
}

/// Which config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChoice {
    /// The one at the root, if there is one.
    Find,
    /// This one.
    File(PathBuf),
    /// None.
    No,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors.
    Quiet,
    /// Notes and the summary too.
    Normal,
    /// What is done too.
    Verbose,
}

impl CheckArgs {
    /// The options that the flags mean.
    ///
    /// # Errors
    /// If they contradict each other.
    pub fn resolve(self) -> Result<Options, String> {
        let stdin = self.paths.iter().any(|p| p.as_os_str() == "-");
        let input = match (stdin, self.stdin_path) {
            (true, _) if self.paths.len() > 1 => return Err("`-` stands alone: stdin is one file".to_owned()),
            (true, Some(path)) => Input::Stdin(path),
            (true, None) => return Err("`-` needs --stdin-path: the path decides about the format".to_owned()),
            (false, _) => Input::Paths(self.paths),
        };
        let baseline = match (self.no_ignores, self.baseline) {
            (true, _) => BaselineChoice::No,
            (false, Some(file)) => BaselineChoice::File(file),
            (false, None) => BaselineChoice::Config,
        };
        for (flag, name) in [("--diff-base", &self.diff_base), ("--trusted-ref", &self.trusted_ref)] {
            if name.as_ref().is_some_and(|n| n.trim().is_empty()) {
                return Err(format!("{flag} is empty: name a commit, or leave it out where there is none to compare with"));
            }
        }
        Ok(Options {
            input,
            form: self.format,
            outputs: self.output,
            fail_on: self.fail_on.unwrap_or(FailOn::At(Severity::Info)),
            show_suppressed: self.show_suppressed,
            diff_base: self.diff_base,
            trusted_ref: self.trusted_ref,
            choice: Choice { ignores: !self.no_ignores, baseline, ..self.choice.resolve() },
        })
    }
}

impl ChoiceArgs {
    /// What the flags mean; ignores count, and no baseline.
    #[must_use]
    pub fn resolve(self) -> Choice {
        let config = match (self.no_config, self.config) {
            (true, _) => ConfigChoice::No,
            (false, Some(file)) => ConfigChoice::File(file),
            (false, None) => ConfigChoice::Find,
        };
        Choice {
            persona: self.persona,
            min_severity: self.min_severity.unwrap_or(Severity::Info),
            min_confidence: self.min_confidence.unwrap_or(Confidence::Low),
            select: self.select,
            ignore: self.ignore,
            policies: self.policies,
            config,
            ignores: true,
            baseline: BaselineChoice::No,
            today: self.today.unwrap_or_else(Date::today),
            jobs: self.jobs.map_or(0, std::num::NonZeroUsize::get),
            verbosity: match (self.quiet, self.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, true) => Verbosity::Verbose,
                _ => Verbosity::Normal,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::{CommandFactory, Parser};

    fn check(args: &[&str]) -> Result<Options, String> {
        let cli = Cli::try_parse_from(["swaplint", "check"].iter().chain(args)).map_err(|e| e.to_string())?;
        let Command::Check(args) = cli.command else { return Err("another command".to_owned()) };
        args.resolve()
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_resolve_to_options() {
        let options =
            check(&["a", "--select", "x,y", "--output", "sarif=out.sarif", "--fail-on", "never", "-j", "2"]).expect("valid");
        assert_eq!(options.choice.select, ["x", "y"]);
        assert_eq!(options.outputs, [(Form::Sarif, PathBuf::from("out.sarif"))]);
        assert_eq!((options.fail_on, options.choice.jobs), (FailOn::Never, 2));
        assert_eq!(check(&[]).expect("valid").input, Input::Paths(vec![".".into()]));
        assert_eq!(check(&["-", "--stdin-path", "a.yml"]).expect("valid").input, Input::Stdin("a.yml".into()));
    }

    #[test]
    fn contradictions_are_refused() {
        for args in [
            &["-"][..],
            &["-", "a"],
            &["--output", "sarif"],
            &["--output", "foo=x"],
            &["--min-severity", "huge"],
            &["--config", "a", "--no-config"],
            &["--today", "soon"],
        ] {
            assert!(check(args).is_err(), "{args:?}");
        }
        let error = check(&["--output", "foo=x"]).expect_err("no form");
        assert!(
            error.contains("`foo` is none of human, concise, json, ndjson, sarif, github, gitlab, junit, markdown"),
            "{error}"
        );
    }
}
