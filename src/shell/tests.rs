//! Scripts to a compact dump of their intermediate form.

use super::*;
use std::fmt::Write as _;

fn dump_tree(text: &str) -> String {
    let mut bytes = guard::clean(text, &[]);
    let _ = guard::blank_hopeless(&mut bytes);
    guard::tree(&bytes, &bash::language()).map(|tree| tree.root_node().to_sexp()).unwrap_or_default()
}

fn all(nodes: &[Node]) -> String {
    nodes.iter().map(node).collect::<Vec<_>>().join(" ")
}

fn node(node: &Node) -> String {
    let mut out = match &node.kind {
        NodeKind::Command(c) => command(c),
        NodeKind::Pipe(stages) => format!("(| {})", all(stages)),
        NodeKind::Not(inner) => format!("(! {})", self::node(inner)),
        NodeKind::And(a, b) => format!("(&& {} {})", self::node(a), self::node(b)),
        NodeKind::Or(a, b) => format!("(|| {} {})", self::node(a), self::node(b)),
        NodeKind::Background(a) => format!("(& {})", self::node(a)),
        NodeKind::If { arms, otherwise } => {
            let mut out = String::from("(if");
            for (condition, body) in arms {
                let _ = write!(out, " [{} => {}]", all(condition), all(body));
            }
            if let Some(body) = otherwise {
                let _ = write!(out, " else [{}]", all(body));
            }
            out + ")"
        }
        NodeKind::While { until, condition, body } => {
            format!("({} [{}] {})", if *until { "until" } else { "while" }, all(condition), all(body))
        }
        NodeKind::For { variable, words, body } => {
            let words = words.as_ref().map_or("@".to_owned(), |w| self::words(w));
            format!("(for {variable} [{words}] {})", all(body))
        }
        NodeKind::Count { body } => format!("(count {})", all(body)),
        NodeKind::Case { word, arms } => {
            let mut out = format!("(case {}", self::word(word));
            for arm in arms {
                let through = if arm.falls_through { " ;&" } else { "" };
                let _ = write!(out, " [{} => {}{through}]", words(&arm.patterns), all(&arm.body));
            }
            out + ")"
        }
        NodeKind::Subshell(body) => format!("(sub {})", all(body)),
        NodeKind::Group(body) => format!("(group {})", all(body)),
        NodeKind::Function { name, body } => format!("(fn {name} {})", self::node(body)),
        NodeKind::Test(t) => format!("(test {})", test(t)),
        NodeKind::Try { body, handler, last } => {
            let handler = handler.as_ref().map_or("none".to_owned(), |h| all(h));
            format!("(try [{}] [{handler}] [{}])", all(body), all(last))
        }
    };
    for r in &node.redirects {
        let _ = write!(out, " {}", redirect(r));
    }
    out
}

fn test(t: &Test) -> String {
    match t {
        Test::Binary { operator, left, right } => format!("({operator} {} {})", word(left), word(right)),
        Test::Unary { operator, operand } => format!("({operator} {})", word(operand)),
        Test::Not(a) => format!("(! {})", test(a)),
        Test::And(a, b) => format!("(&& {} {})", test(a), test(b)),
        Test::Or(a, b) => format!("(|| {} {})", test(a), test(b)),
        Test::Arithmetic(w) => format!("(math {})", words(w)),
    }
}

fn command(c: &Command) -> String {
    let mut items = Vec::new();
    if c.declares {
        items.push("declare:".to_owned());
    }
    let assignments = c.assignments.iter().map(|a| {
        let index = a.index.as_ref().map_or(String::new(), |i| format!("[{}]", word(i)));
        let value = match &a.value {
            None => return a.name.clone(),
            Some(AssignedValue::Word(w)) => word(w),
            Some(AssignedValue::Array(w)) => format!("({})", words(w)),
        };
        format!("{}{index}{}={value}", a.name, if a.appends { "+" } else { "" })
    });
    items.extend(assignments);
    items.extend(c.words.iter().map(word));
    items.extend(c.redirects.iter().map(redirect));
    format!("({})", items.join(" "))
}

fn redirect(r: &Redirect) -> String {
    let fd = r.descriptor.map_or(String::new(), |d| d.to_string());
    match &r.kind {
        RedirectKind::Read(w) => format!("{fd}<{}", word(w)),
        RedirectKind::Write(w) => format!("{fd}>{}", word(w)),
        RedirectKind::Append(w) => format!("{fd}>>{}", word(w)),
        RedirectKind::Duplicate(w) => format!("{fd}>&{}", word(w)),
        RedirectKind::HereDocument { body } => format!("{fd}<<{}", word(body)),
        RedirectKind::HereString(w) => format!("{fd}<<<{}", word(w)),
    }
}

fn words(words: &[Word]) -> String {
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn word(w: &Word) -> String {
    if w.parts.is_empty() {
        return "~".to_owned();
    }
    w.parts.iter().map(part).collect::<Vec<_>>().join("+")
}

fn part(p: &Part) -> String {
    let inner = match &p.kind {
        PartKind::Literal(text) => text.replace('\n', "\\n"),
        PartKind::Variable { name, modifier } => format!("${name}{}", self::modifier(modifier)),
        PartKind::Command(body) => format!("$({})", all(body)),
        PartKind::Process { reads, body } => format!("{}({})", if *reads { "<" } else { ">" }, all(body)),
        PartKind::Arithmetic => "$((..))".to_owned(),
        PartKind::Hole(index) => format!("#{index}"),
    };
    if p.quoted { format!("'{inner}'") } else { inner }
}

fn modifier(m: &Modifier) -> String {
    match m {
        Modifier::None => String::new(),
        Modifier::Length => ".len".into(),
        Modifier::Indirect => ".indirect".into(),
        Modifier::Index(w) => format!("[{}]", word(w)),
        Modifier::Default { word: w, colon, assigns } => {
            format!("{}{}{}", if *colon { ":" } else { "" }, if *assigns { "=" } else { "-" }, word(w))
        }
        Modifier::Alternative(w) => format!(":+{}", word(w)),
        Modifier::Required => ":?".into(),
        Modifier::RemovePrefix { pattern, longest } => format!("{}{}", if *longest { "##" } else { "#" }, word(pattern)),
        Modifier::RemoveSuffix { pattern, longest } => format!("{}{}", if *longest { "%%" } else { "%" }, word(pattern)),
        Modifier::Replace { pattern, replacement, all } => {
            format!("{}{}/{}", if *all { "//" } else { "/" }, word(pattern), word(replacement))
        }
        Modifier::Substring { text } => format!(":{text}"),
        Modifier::Other(text) => format!("?{text}"),
    }
}

/// The dump of a script in bash, with `«..»` standing for holes.
fn bash(script: &str) -> String {
    let (text, holes) = holes_of(script);
    let script = parse(&text, &holes, &Dialect::Bash);
    let mut out = all(&script.body);
    for error in &script.errors {
        let _ = write!(out, " !{error:?}");
    }
    if let Some(limit) = &script.limit {
        let _ = write!(out, " limit: {}", limit.what);
    }
    out
}

fn holes_of(script: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut holes, mut start) = (String::new(), Vec::new(), 0);
    for c in script.chars() {
        match c {
            '«' => start = text.len(),
            '»' => holes.push(start..text.len()),
            _ => text.push(c),
        }
    }
    (text, holes)
}

/// `SWAPLINT_DUMP=file cargo test --lib shell::tests::dump -- --nocapture`: each script of the file, separated by lines
/// of `%%`, as tree and as dump.
#[test]
fn dump() {
    let Ok(path) = std::env::var("SWAPLINT_DUMP") else { return };
    let mut out = String::new();
    for script in std::fs::read_to_string(path).unwrap_or_default().split("%%\n") {
        let _ = writeln!(out, "--- {script}{}\n=> {}\n", dump_tree(script), bash(script));
    }
    std::fs::write("/tmp/shell-dump.txt", out).expect("dump is written");
}
