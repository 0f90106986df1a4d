//! Parse, run, exit code.

use clap::Parser;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use swaplint::cli::Cli;
use swaplint::report::neutral_lines;
use swaplint::run::{Streams, run};

/// An analysis makes and drops many small things, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = io::stdout();
    let out_is_terminal = out.is_terminal();
    let mut buffered = io::BufWriter::new(out.lock());
    let out_width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let mut streams = Streams { input: &mut io::stdin(), out: &mut buffered, err: &mut io::stderr(), out_is_terminal, out_width };
    let result = run(cli, &mut streams);
    let flushed = buffered.flush();
    match result {
        Ok(code) if flushed.is_ok() || is_closed(&flushed) => ExitCode::from(code),
        Ok(_) => failed("stdout cannot be written"),
        Err(e) => failed(&e.to_string()),
    }
}

/// A reader that has seen enough (`| head`) is no error.
fn is_closed(flushed: &io::Result<()>) -> bool {
    flushed.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

fn failed(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "swaplint: error: {}", neutral_lines(message));
    ExitCode::from(2)
}
