//! The two ways to run a rule: compiled for the virtual machine (built-in rules), interpreted (users' rules and tests).
//!
//! The machine is fast, but aborts on recursive rules and turns type errors into silence; the interpreter reports both.
//! Each thread takes a runner out of the pool and gives it back, unless the rule panicked in it.

use super::{PolicyError, entry};
use regorus::rvm::program::{DeserializationResult, Program};
use regorus::rvm::vm::RegoVM;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::value::Object;
use regorus::{Engine, Value};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// No rule of ours comes near; a runaway one stops after about a second.
const MAX_INSTRUCTIONS: usize = 20_000_000;
/// How long one user's rule may take on one pipeline.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How much later an answer may come: the interpreter looks at its clock between two steps, and one step may be the product of two
/// numbers of a million digits.
const GRACE: Duration = Duration::from_secs(1);
/// Stack of the interpreter in bytes: enough for as many rules and operators within each other as policies may have.
const STACK: usize = 64 * 1024 * 1024;
const TIMER_INTERVAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);
/// Brackets within brackets; the parser takes exponential time in nested literals (18 deep: seconds).
const MAX_NESTING: usize = 10;

/// One policy file.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub(super) path: String,
    pub(super) text: String,
}

/// Something that evaluates entry points on one input.
pub(super) trait Runner {
    fn set_input(&mut self, input: Value);
    /// The value of the rule at `entry` (`data.a.b.finding`).
    fn eval(&mut self, entry: &str) -> Result<Value, String>;
    /// The values of several at once, by entry point, as far as that works; what is missing must be asked for by itself.
    fn eval_all(&mut self, _input: &Value, _entries: &[&str]) -> Option<Value> {
        None
    }
}

/// Runners at rest, and how to make another one.
pub(super) struct Pool<R> {
    make: Box<dyn Fn() -> Result<R, String> + Send + Sync>,
    resting: Mutex<Vec<R>>,
}

impl<R: Runner> Pool<R> {
    fn new(make: impl Fn() -> Result<R, String> + Send + Sync + 'static) -> Self {
        Pool { make: Box::new(make), resting: Mutex::default() }
    }

    /// Evaluates each of `entries` on `input`.
    pub(super) fn eval(&self, input: &Value, entries: &[&str]) -> Vec<Result<Value, String>> {
        let mut runner = None;
        let together = self.with(&mut runner, input, |runner| Ok(runner.eval_all(input, entries))).ok().flatten();
        let known = |entry: &str| together.as_ref()?.as_object().ok()?.get(&Value::from(entry)).cloned();
        let one = |entry: &&str| known(entry).map_or_else(|| self.with(&mut runner, input, |runner| runner.eval(entry)), Ok);
        let results = entries.iter().map(one).collect();
        if let Some(runner) = runner {
            self.resting.lock().unwrap_or_else(PoisonError::into_inner).push(runner);
        }
        results
    }

    /// Lets the runner of this input do something; one that panics is not used again.
    fn with<T>(&self, slot: &mut Option<R>, input: &Value, ask: impl FnOnce(&mut R) -> Result<T, String>) -> Result<T, String> {
        let mut runner = match slot.take() {
            Some(runner) => runner,
            None => {
                let rested = self.resting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut runner = rested.map_or_else(|| (self.make)(), Ok)?;
                runner.set_input(input.clone());
                runner
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| ask(&mut runner)));
        match result {
            Ok(result) => {
                *slot = Some(runner);
                result
            }
            Err(_) => Err("the policy engine panicked".to_owned()),
        }
    }
}

impl Runner for RegoVM {
    fn set_input(&mut self, input: Value) {
        RegoVM::set_input(self, input);
    }

    fn eval(&mut self, entry: &str) -> Result<Value, String> {
        self.execute_entry_point_by_name(entry).map_err(|e| e.to_string())
    }

    fn eval_all(&mut self, input: &Value, entries: &[&str]) -> Option<Value> {
        let asked: Object = entries.iter().map(|entry| (Value::from(*entry), Value::Bool(true))).collect();
        let mut with_asked = input.clone();
        with_asked.as_object_mut().ok()?.insert(Value::from("asked"), asked.into_value());
        RegoVM::set_input(self, with_asked);
        let results = self.execute_entry_point_by_name(entry::ALL).ok();
        RegoVM::set_input(self, input.clone());
        results
    }
}

/// The interpreter, at work on a thread of its own, which is left to itself if it does not answer in time.
pub(super) struct Interpreter {
    asked: Sender<Asked>,
    answers: Receiver<Result<Value, String>>,
    /// How long an answer may take.
    patience: Duration,
    /// Whether some interpreter of these policies has not answered: then none is asked again, so that they do not pile up.
    stuck: Arc<AtomicBool>,
}

/// What the thread is to do next. It ends with the interpreter that asks.
enum Asked {
    Input(Value),
    Eval(String),
}

impl Interpreter {
    fn new(mut engine: Engine, patience: Duration, stuck: Arc<AtomicBool>) -> Result<Self, String> {
        let (asked, questions) = channel();
        let (sender, answers) = channel();
        let work = move || {
            for question in questions {
                match question {
                    Asked::Input(input) => engine.set_input(input),
                    // Nobody may be waiting any more.
                    Asked::Eval(entry) => drop(sender.send(interpret(&mut engine, entry))),
                }
            }
        };
        thread::Builder::new().stack_size(STACK).spawn(work).map_err(|e| format!("no thread for it: {e}"))?;
        Ok(Interpreter { asked, answers, patience, stuck })
    }
}

impl Runner for Interpreter {
    fn set_input(&mut self, input: Value) {
        // A thread that panicked does not answer the next question either.
        drop(self.asked.send(Asked::Input(input)));
    }

    fn eval(&mut self, entry: &str) -> Result<Value, String> {
        if self.stuck.load(Ordering::Relaxed) {
            return Err("a policy of your own did not end before it".to_owned());
        }
        drop(self.asked.send(Asked::Eval(entry.to_owned())));
        match self.answers.recv_timeout(self.patience) {
            Ok(value) => value,
            Err(RecvTimeoutError::Timeout) => {
                self.stuck.store(true, Ordering::Relaxed);
                Err(too_long())
            }
            Err(RecvTimeoutError::Disconnected) => resume_unwind(Box::new(())),
        }
    }
}

/// The value of a rule, on this thread.
pub(super) fn interpret(engine: &mut Engine, entry: String) -> Result<Value, String> {
    engine.eval_rule(entry).map_err(|e| first_paragraph(&e.to_string()))
}

/// All built-in policies, compiled by the build script.
static BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policies.bin"));

/// The built-in policies for the machine, which see `data`. Each runner gets its own copy of the program, so that threads share no
/// counters.
pub(super) fn machine(data: &Value) -> Pool<RegoVM> {
    let data = data.clone();
    Pool::new(move || {
        let program = match Program::deserialize_binary(BUILTIN)? {
            DeserializationResult::Complete(program) => program,
            DeserializationResult::Partial(_) => return Err("the compiled policies are incomplete".to_owned()),
        };
        let mut vm = RegoVM::new();
        vm.load_program(Arc::new(program));
        vm.set_data(data.clone()).map_err(|e| e.to_string())?;
        vm.set_max_instructions(MAX_INSTRUCTIONS);
        Ok(vm)
    })
}

/// The modules and `data` for the interpreter. Compile errors of any entry point are found here.
pub(super) fn interpreter(modules: &[Module], entries: &[String], data: &[Value]) -> Result<Pool<Interpreter>, PolicyError> {
    let mut engine = interpreter_engine(modules)?;
    for document in data {
        engine.add_data(document.clone()).map_err(|e| PolicyError::Data(e.to_string()))?;
    }
    for entry in entries {
        engine.compile_with_entrypoint(&Arc::from(entry.as_str())).map_err(|e| PolicyError::Syntax(e.to_string()))?;
    }
    engine.set_execution_timer_config(budget());
    let (prototype, stuck) = (Mutex::new(engine), Arc::new(AtomicBool::new(false)));
    Ok(Pool::new(move || {
        let engine = prototype.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Interpreter::new(engine, TIME_LIMIT + GRACE, Arc::clone(&stuck))
    }))
}

/// How long one evaluation may take.
pub(super) fn budget() -> ExecutionTimerConfig {
    ExecutionTimerConfig { limit: TIME_LIMIT, check_interval: TIMER_INTERVAL }
}

/// An engine with the modules parsed.
pub(super) fn interpreter_engine(modules: &[Module]) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    for module in modules {
        check_nesting(module)?;
        engine.add_policy(module.path.clone(), module.text.clone()).map_err(|e| PolicyError::Syntax(e.to_string()))?;
    }
    Ok(engine)
}

/// Refuses what the parser would take exponential time for.
fn check_nesting(module: &Module) -> Result<(), PolicyError> {
    let (mut depth, mut line) = (0_usize, 1);
    let mut bytes = module.text.bytes().peekable();
    let mut quote = None;
    while let Some(byte) = bytes.next() {
        line += usize::from(byte == b'\n');
        match (quote, byte) {
            (Some(b'"'), b'\\') => drop(bytes.next()),
            (Some(b'#'), b'\n') => quote = None,
            (Some(open), _) if open == byte && open != b'#' => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'`' | b'#') => quote = Some(byte),
            (None, b'[' | b'{' | b'(') => depth += 1,
            (None, b']' | b'}' | b')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if depth > MAX_NESTING {
            return Err(PolicyError::TooDeep { path: module.path.clone(), line, limit: MAX_NESTING });
        }
    }
    Ok(())
}

fn too_long() -> String {
    format!("it did not end within {} seconds", TIME_LIMIT.as_secs())
}

/// The engine's errors quote the source; one sentence is enough for a finding, and the same one in every run.
fn first_paragraph(message: &str) -> String {
    if message.contains("exceeded time limit") {
        return too_long();
    }
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('|')).collect();
    let place = lines.iter().find_map(|l| l.strip_prefix("--> "));
    let said = lines.iter().find_map(|l| l.strip_prefix("error: "));
    match (place, said) {
        (Some(place), Some(said)) => format!("{} ({place})", said.split(" (path [").next().unwrap_or(said)),
        _ => lines.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Module {
        Module { path: "a.rego".into(), text: text.into() }
    }

    #[test]
    fn a_recursive_rule_is_an_error_and_not_the_end() {
        let pool = interpreter(&[module("package a\nfinding contains x if { some x in finding }\n")], &[], &[]).expect("loads");
        let results = pool.eval(&Value::new_object(), &["data.a.finding"]);
        assert!(results[0].as_ref().is_err_and(|e| e.contains("recursion")), "{results:?}");
    }

    #[test]
    fn a_rule_without_end_is_stopped() {
        let text = "package a\nfinding contains x if { some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); \
                    some c in numbers.range(1, 3000); a + b + c < 0; x := 1 }\n";
        let mut engine = interpreter_engine(&[module(text)]).expect("parses");
        let config = ExecutionTimerConfig { limit: Duration::from_millis(50), check_interval: TIMER_INTERVAL };
        engine.set_execution_timer_config(config);
        assert!(engine.eval_rule("data.a.finding".to_owned()).is_err());
    }

    #[test]
    fn numbers_without_end_are_left_to_themselves() {
        let mut text = "package a\nx0 := 99999999999999999999\n".to_owned();
        for i in 0..9 {
            text.push_str(&format!("x{} := {}\n", i + 1, vec![format!("x{i}"); 8].join(" * ")));
        }
        let engine =
            interpreter_engine(&[module(&format!("{text}finding contains x if {{ x9 > 0; x := 1 }}\n"))]).expect("parses");
        let stuck = Arc::new(AtomicBool::new(false));
        let interpreter = |engine| Interpreter::new(engine, Duration::from_millis(200), Arc::clone(&stuck)).expect("a thread");
        let said = interpreter(engine.clone()).eval("data.a.finding");
        assert_eq!(said, Err("it did not end within 5 seconds".to_owned()));
        let said = interpreter(engine).eval("data.a.x0");
        assert_eq!(said, Err("a policy of your own did not end before it".to_owned()));
    }

    #[test]
    fn deep_literals_are_refused_before_they_are_parsed() {
        let text = format!("package a\nx := {}{}\n", "[".repeat(18), "]".repeat(18));
        assert!(matches!(check_nesting(&module(&text)), Err(PolicyError::TooDeep { line: 2, .. })));
        assert!(check_nesting(&module("package a\nx := \"[[[[[[[[[[[[\" # ((((((((((((\ny := `[[[[[[[[[[[[`\n")).is_ok());
    }
}
