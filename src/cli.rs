//! The command line: flags as they are written, and the options that they resolve to.

mod audit;
mod check;

pub use audit::*;
pub use check::*;

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds substitution windows in CI/CD pipelines: places where an artifact can be replaced between producer and consumer.
#[derive(Debug, Parser)]
#[command(name = "swaplint", version, max_term_width = 110, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Whether to color the output; `auto` looks at the terminal and at `NO_COLOR`.
    #[arg(long, global = true, value_enum, default_value = "auto", env = "SWAPLINT_COLOR")]
    pub color: ColorChoice,
}

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On terminals, unless `NO_COLOR` is set.
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

impl ColorChoice {
    /// Whether to color, given whether the output is a terminal and the value of `NO_COLOR`.
    #[must_use]
    pub fn resolve(self, is_terminal: bool, no_color: Option<&str>) -> bool {
        match self {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && no_color.is_none_or(str::is_empty),
        }
    }
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check pipelines. Exit code: 0 nothing found, 1 findings, 2 the job could not be done.
    Check(CheckArgs),
    /// Accept what is there already, so that only new findings count.
    Baseline {
        /// What to do.
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Check many repositories: an organisation, a folder of mirrors.
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Write a commented config file, and print the lines for pre-commit and CI.
    Init,
    /// Explain a rule: what it is, why it is bad, what to do.
    Explain {
        /// The rule's id.
        rule: String,
        #[command(flatten)]
        /// Whose rules.
        policies: PolicyArgs,
    },
    /// List the rules.
    Rules {
        /// `table` or `json`.
        #[arg(long, value_enum, default_value = "table")]
        format: RulesForm,
        /// Whose rules.
        #[command(flatten)]
        policies: PolicyArgs,
    },
    /// Print the facts that policies see of a pipeline.
    Facts {
        /// The file.
        path: PathBuf,
    },
    /// Print a JSON Schema.
    Schema {
        /// Of what.
        #[arg(value_enum)]
        what: SchemaOf,
    },
    /// Print the man page.
    Man,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Work on policies.
    Policy {
        /// What to do.
        #[command(subcommand)]
        command: PolicyCommand,
    },
}

/// Commands on the baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Write down all findings of the repository.
    Create {
        /// The file [default: `baseline` of the config, else swaplint-baseline.json at the root].
        file: Option<PathBuf>,
        /// Overwrite it.
        #[arg(long)]
        force: bool,
        /// What is found.
        #[command(flatten)]
        choice: ChoiceArgs,
    },
    /// Drop the findings that are gone; new ones stay out of it.
    Update {
        /// The file [default: `baseline` of the config, else swaplint-baseline.json at the root].
        file: Option<PathBuf>,
        /// Take in new findings as well.
        #[arg(long)]
        accept_new: bool,
        /// What is found.
        #[command(flatten)]
        choice: ChoiceArgs,
    },
    /// List what it accepts.
    Show {
        /// The file [default: `baseline` of the config, else swaplint-baseline.json at the root].
        file: Option<PathBuf>,
    },
}

/// Commands on policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Run the `test_*` rules of `*_test.rego`; without a directory those of the built-in rules.
    Test {
        /// The directory of the policies.
        dir: Option<PathBuf>,
    },
}

/// Forms of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RulesForm {
    /// For people.
    Table,
    /// For scripts.
    Json,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The facts document.
    Facts,
    /// The config file.
    Config,
}
