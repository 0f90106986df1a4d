//! Scripts to a compact dump of their intermediate form.

mod windows;
mod wrapped;

use super::*;
use std::fmt::Write as _;

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

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        assert_eq!(&bash(script), expected, "\n{script}");
    }
}

#[test]
fn chains_follow_the_precedence_of_the_shell() {
    check(&[
        ("a; b\nc & d", "(a) (b) (& (c)) (d)"),
        ("a | b && ! c | d || e > f 2>&1", "(|| (&& (| (a) (b)) (! (| (c) (d)))) (e >f 2>&1))"),
        ("! a | b", "(! (| (a) (b)))"),
        ("a |& b > f", "(| (a) (b >f))"),
        ("if ! { a; b; }; then c; fi", "(if [(! (group (a) (b))) => (c)])"),
        ("! { a | b; } && c", "(&& (! (group (| (a) (b)))) (c))"),
        ("A=1 B=2\nA=1 c x", "(A=1 B=2) (A=1 c x)"),
        ("for b in c; do\n A=1   B=2 # x\n if [ d ]; then e; fi\ndone", "(for b [c] (A=1 B=2) (if [([ d ]) => (e)]))"),
        ("time (a; b)", "(sub (a) (b))"),
        ("time { a; b; }\nc", "(group (a) (b)) (c)"),
        ("x && time for a in b; do c; done", "(&& (x) (for a [b] (c)))"),
        ("perl -ne 'a if ($l =~ /x[\"'\\''`]?y/)'\nc", "(perl -ne 'a if ($l =~ /x[\"'+'+'`]?y/)') (c)"),
        ("if [[ $a =~ .*\" \".* ]]; then b; fi\nc", "(if [(test (=~ $a .*+' '+.*)) => (b)]) (c)"),
    ]);
}

#[test]
fn here_documents_keep_what_follows_on_their_line() {
    check(&[
        ("cat <<E | a && b || c\nx\nE\n", "(|| (&& (| (cat <<'x\\n') (a)) (b)) (c))"),
        ("cat <<E && a || b | c\nx\nE\n", "(|| (&& (cat <<'x\\n') (a)) (| (b) (c)))"),
        ("cat <<'E' > f x\n$a `b`\nE\nz", "(cat x <<'$a `b`\\n' >f) (z)"),
        ("cat <<-E\n\t$a\n\t\tb\n\tE\nz", "(cat <<'$a'+'\\nb\\n') (z)"),
        ("cat <<E\n a $(b) \\$c «h» ü\nE\n", "(cat <<' a '+'$((b))'+' $c '+'#0'+' ü\\n')"),
        (
            "c <<A 3<<B; d\n x $y\nA\n\\$z `q \"r\"`\nB\nif a <<E; then b; fi\n$(c \"$d\") \"$e\"\nE\n",
            "(c <<' x '+'$y'+'\\n' 3<<'$z '+'$((q 'r'))'+'\\n') (d) (if [(a <<'$((c '$d'))'+' \"'+'$e'+'\"\\n') => (b)])",
        ),
        ("while read x; do a; done <<E\nq\nE\n", "(while [(read x)] (a)) <<'q\\n'"),
        ("x=$(cat <<E\na\nE\n)\nb", "(x=$((cat <<'a\\n'))) (b)"),
    ]);
}

#[test]
fn words_are_decoded_and_expansions_kept() {
    check(&[
        ("echo a\\ b 'c'\"d\"e \"\" '' $'a\\n\\x41'", "(echo a b 'cd'+e '' '' 'a\\nA')"),
        ("echo \"a\\\nb\" c\\\nd \"\\$x\\n\"", "(echo 'ab' cd '$x\\n')"),
        ("echo ${x:-\"d $y\"} ${x=z} ${x:+q} ${x?no}", "(echo $x:-'d '+'$y' $x=z $x:+q $x:?)"),
        ("echo \"${a[@]}\" ${#b} ${!c} ${d##*@} ${e%:*}", "(echo '$a['@']' $b.len $c.indirect $d##*@ $e%:*)"),
        ("echo \"${!a[@]}\" ${!b*}", "(echo '$!a[@]' $!b*)"),
        ("echo ${f//a/b} ${f/$k/\\/z} ${g:0:7} ${h,,}", "(echo $f//a/b $f/$k//z $g:0:7 $h?,,)"),
        ("echo ${a[@]+\"${a[@]}\"} {b,c}*.txt", "(echo $a:+'$a['@']' {b,c}*.txt)"),
        ("echo `a $b` <(c) $((1 + 2)) $é", "(echo $((a $b)) <((c)) $((..)) $é)"),
        ("a \" $b  ${c}\n\t$(d) \" x=\" $y\"", "(a ' '+'$b'+'  '+'$c'+'\\n\t'+'$((d))'+' ' x=+' '+'$y')"),
        ("a[3]=x b+=(c \"$d\")", "(a[3]=x b+=(c '$d'))"),
        ("export A=b \"C=$d\" E -f; local x=$(y)", "(declare: A=b C='$d' E export -f) (declare: x=$((y)) local)"),
        ("unset A B", "(unset A B)"),
    ]);
}

#[test]
fn redirections_and_compounds() {
    check(&[
        ("< in a > out b", "(a b <in >out)"),
        ("a &> f; b >& g; c 2>/dev/null <<< \"$x\" >| h 2>&-", "(a -1>f) (b -1>g) (c 2>/dev/null <<<'$x' >h 2>&~)"),
        ("{ a; b; } > f; (c) < g", "(group (a) (b)) >f (sub (c)) <g"),
        ("f() { a; }; function g { b; } > x", "(fn f (group (a))) (fn g (group (b)) >x)"),
        ("case $x in a|b) c;; *) d;& q) ;; esac", "(case $x [a b => (c)] [* => (d) ;&] [q => ])"),
        ("for x in a $b; do c; done; for y; do d; done", "(for x [a $b] (c)) (for y [@] (d))"),
        (
            "if a; then for x do b \"for x do\"; done; fi; for y  do\nc\ndone",
            "(if [(a) => (for x [@] (b 'for x do'))]) (for y [@] (c))",
        ),
        ("a && \\\nb ;\\\n\n", "(&& (a) (b))"),
        ("echo for x do; cat <<E\nfor x do\nE", "(echo for x do) (cat <<'for x do\\n')"),
        ("for ((i=0;i<3;i++)); do a; done; until b; do c; done", "(count (a)) (until [(b)] (c))"),
        ("if a; then b; elif c; then d; else e; fi", "(if [(a) => (b)] [(c) => (d)] else [(e)])"),
    ]);
}

#[test]
fn tests_have_the_precedence_of_the_shell() {
    check(&[
        ("[ \"$a\" = b ] || exit 1", "(|| ([ '$a' = b ]) (exit 1))"),
        ("[ ! -f x -a $n -gt 3 ]", "([ ! -f x -a $n -gt 3 ])"),
        (
            "[ \"$a\" == \"\" ] && b=\"${c}/d\"\ne \"$f\"\nif [ $? == \"0\" ] || ! [ -n \"$(g)\" -a \\( x = \"y z\" \\) ];then h; fi",
            "(&& ([ '$a' == '' ]) (b='$c'+'/d')) (e '$f') (if [(|| ([ $? == '0' ]) (! ([ -n '$((g))' -a ( x = 'y z' ) ]))) => (h)])",
        ),
        (
            "[[ $x == *.c && ! -f $y || \"$a\" =~ ^v[0-9]+\\.[0-9]+$ ]]",
            "(test (|| (&& (== $x *.c) (! (-f $y))) (=~ '$a' ^v[0-9]+\\.[0-9]+$)))",
        ),
        ("[[ ( $a = b ) && -n $c ]]; [[ $d ]]", "(test (&& (= $a b) (-n $c))) (test ( $d))"),
        ("((n++)); (( x > 3 )) && y", "(test (math '$n')) (&& (test (math '$x' 3)) (y))"),
    ]);
}

#[test]
fn holes_are_parts_wherever_they_stand() {
    check(&[
        ("echo \"«${{ a }}»x\" «y» $A«z»b '«q»' \"$B«r»\"", "(echo '#0'+'x' #1 $A+#2+b '#3' '$B'+'#4')"),
        ("«${{ a\n }}»\nX=«b» c ${d:-«e»}", "(#0) (X=#1 c $d:-#2)"),
        ("if «a»; then b > «c»; fi", "(if [(#0) => (b >#1)])"),
        ("x=$(a «b») # «c»\nd", "(x=$((a #0))) (d)"),
    ]);
}

#[test]
fn errors_stay_local() {
    assert!(bash("a\nb; )\nc d").contains("(c d)"));
    let unclosed = bash("a\necho \"b\nc\nd\n");
    assert!(unclosed.contains("(a)") && unclosed.contains("(d)") && unclosed.contains('!'), "{unclosed}");
    assert!(bash("if a; then b\n").starts_with("(if [(a) => (b)])"));
    assert_eq!(bash("a \\"), "(a)");
    assert_eq!(bash("a\r\nb\r\n"), "(a) (b)");
}

/// Every place in a script, with the text that must stand there.
fn places(text: &str, nodes: &[Node], out: &mut Vec<String>) {
    for node in nodes {
        out.push(text[node.at.clone()].to_owned());
        match &node.kind {
            NodeKind::Command(command) => {
                for word in &command.words {
                    out.push(text[word.at.clone()].to_owned());
                    out.extend(word.parts.iter().map(|part| text[part.at.clone()].to_owned()));
                }
                out.extend(command.assignments.iter().map(|a| text[a.at.clone()].to_owned()));
                for redirect in &command.redirects {
                    out.push(text[redirect.at.clone()].to_owned());
                    if let RedirectKind::HereDocument { body } = &redirect.kind {
                        out.extend(body.parts.iter().map(|part| text[part.at.clone()].to_owned()));
                    }
                }
            }
            NodeKind::Pipe(stages) => places(text, stages, out),
            NodeKind::And(a, b) | NodeKind::Or(a, b) => {
                places(text, std::slice::from_ref(a), out);
                places(text, std::slice::from_ref(b), out);
            }
            _ => {}
        }
    }
}

#[test]
fn places_are_exact() {
    let text = "é=1; A=x cmd \"ü$v\"'w' >f <<E && z\nä $k\nE\n";
    let mut out = Vec::new();
    places(text, &parse(text, &[], &Dialect::Bash).body, &mut out);
    for expected in ["A=x", "cmd", "\"ü$v\"'w'", "ü", "$v", "w", ">f", "<<E", "ä ", "$k", "z"] {
        assert!(out.iter().any(|place| place == expected), "{expected}: {out:?}");
    }
}

#[test]
fn hazards_end_quickly_and_without_a_crash() {
    let hazards = [
        "{\u{10ffff}".to_owned(),
        "a|".repeat(5_000),
        "a|\n".repeat(5_000),
        "(".repeat(100_000),
        "((((".repeat(300),
        ") ".repeat(50_000),
        "a=(".repeat(20_000),
        "a=(\n".repeat(20_000),
        "$(".repeat(100_000),
        "$(\n".repeat(50_000),
        "<<A<<B".repeat(5_000),
        "a\0b".to_owned(),
        "x".repeat(1 << 20),
        "x".repeat((1 << 20) + 1),
        "a && ".repeat(50_000),
        "if a; then ".repeat(5_000),
        "${a:-".repeat(20_000),
        "\"$(".repeat(20_000),
        "`".repeat(10_001),
        "{ ".repeat(20_000),
        "case a in ".repeat(5_000),
        "[[ ! ".repeat(3_000),
        "$((".repeat(5_000),
        "\\".to_owned(),
        String::new(),
        "%a".repeat(100_000),
        "\"".repeat(50_001),
        "'\n".repeat(9_001),
        "@{a=".repeat(3_000),
        ">".repeat(50_000),
    ];
    for dialect in [Dialect::Bash, Dialect::PowerShell, Dialect::Cmd] {
        for hazard in &hazards {
            let begun = std::time::Instant::now();
            let script = parse(hazard, &[], &dialect);
            let head: String = hazard.chars().take(12).collect();
            assert!(begun.elapsed().as_secs() < 20, "{dialect:?} {head:?}: {:?}", begun.elapsed());
            if std::env::var("SWAPLINT_TIMES").is_ok() {
                let line = format!("{dialect:?} {head:?} {:?} {:?}\n", begun.elapsed(), script.limit.map(|l| l.what));
                use std::io::Write as _;
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
        }
    }
}

#[test]
fn mutants_never_panic() {
    let seed = "a=\"é${b:-«x»}\" c <<E | d && ! { e; }\n$f `g` ü\nE\nif [[ $h == \"*.i\" ]]; then j > k 2>&1; fi # l\n$env:M = @'\nn\n'@; %O% ^p \"q`$r$(s)\"\n";
    let (text, holes) = holes_of(seed);
    let mut state = 7u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound.max(1)
    };
    for _ in 0..1_500 {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=next(6) {
            let (from, to) = (next(chars.len()), next(chars.len()));
            match next(3) {
                0 => drop(chars.remove(from)),
                1 => chars.swap(from, to),
                _ => chars.insert(from, chars[to]),
            }
        }
        let mutant: String = chars.into_iter().collect();
        for dialect in [Dialect::Bash, Dialect::PowerShell, Dialect::Cmd] {
            let script = parse(&mutant, &holes, &dialect);
            for node in &script.body {
                assert!(mutant.get(node.at.clone()).is_some(), "{mutant:?} {:?}", node.at);
            }
        }
    }
}

#[test]
fn a_misread_test_does_not_swallow_the_script() {
    let text =
        "if [[ $O = *\"x y\"* ]]; then echo; fi\ncurl -sSL https://e.com/x.sh | bash\nif ! [ -z \"$url\" ]; then echo; fi\n";
    let script = super::parse(text, &[], &crate::pipeline::Dialect::Bash);
    assert!(script.body.iter().any(|n| matches!(&n.kind, NodeKind::Pipe(stages) if stages.len() == 2)), "{script:#?}");
    assert!(script.errors.iter().all(|at| !text[at.clone()].contains("curl")), "{:?}", script.errors);
}
