//! Programs as they stand in pipelines.

use super::{Form, Language, Piece, PieceKind, read};

fn shown(pieces: &[Piece]) -> String {
    let piece = |p: &Piece| match &p.kind {
        PieceKind::Literal(text) => text.clone(),
        PieceKind::Environment(name) => format!("<env {name}>"),
        PieceKind::Hole(index) => format!("<hole {index}>"),
        PieceKind::Unknown(written) => format!("<{written}>"),
    };
    pieces.iter().map(piece).collect()
}

fn commands(text: &str, language: Language) -> Vec<String> {
    let words = |form: &Form| match form {
        Form::Text(pieces) => shown(pieces),
        Form::Words(words) => words.iter().map(|w| shown(w)).collect::<Vec<_>>().join(" | "),
    };
    let program = read(text, &[], language);
    program.commands.iter().map(|c| format!("{}{}", words(&c.form), if c.stops { "" } else { " ?" })).collect()
}

#[test]
fn javascript_starts_commands() {
    let text = "const { execSync } = require('child_process');\nconst from = process.env.FROM;\nconst source = `acme/${from}`;\n\
                // execSync('no')\nconst url = /exec\\('x/.test(y);\nfor (const t of tags) {\n  execSync(`crane copy ${source} ${t}`, { stdio: 'inherit' });\n}\n\
                try { execSync('crane copy a b') } catch (e) {}\nawait exec.exec('crane', ['copy', a, \"b\"]);\nexec.exec(`docker push ${x.y('}')}`);\n\
                child_process.spawnSync('cosign', ['verify']);\nre.exec('text'); core.info('execSync(1)'); execSync(command);";
    assert_eq!(
        commands(text, Language::JavaScript),
        [
            "crane copy acme/<env FROM> <t>",
            "crane copy a b ?",
            "crane | copy | <a> | b",
            "docker push <x.y('}')> ?",
            "cosign | verify ?"
        ]
    );
}

#[test]
fn python_starts_commands() {
    let text = "import os # os.system('no')\nsubprocess.run(['crane', 'copy', f'a:{tag}', dst], check=True)\nsubprocess.run(\"docker push x\", shell=True)\n\
                os.system(r'''cosign sign y''')\nsubprocess.check_call(cmd)\nrequests.get(u, verify=False)\n";
    assert_eq!(commands(text, Language::Python), ["crane | copy | a:<tag> | <dst>", "docker push x ?", "cosign sign y ?"]);
    assert_eq!(read(text, &[], Language::Python).insecure.len(), 1);
}

#[test]
fn odd_programs_are_no_panic() {
    for text in [
        "`${",
        "'",
        "execSync(",
        "execSync([",
        "/[",
        "/\\é",
        "f'{",
        "\"\\",
        "const",
        "const a =",
        "exec.exec(,)",
        "'é\\é`",
        "${{",
    ] {
        for language in [Language::JavaScript, Language::Python] {
            let _ = read(text, &[], language);
        }
    }
}

/// What took time by the square of its length, or more. Told by a fuzzer.
#[test]
fn nothing_takes_long() {
    let begun = std::time::Instant::now();
    for part in [
        "(",
        "os.system(",
        "os.system([",
        "try{",
        "try{}",
        "`${",
        "f'{",
        "f\"{a}\"",
        "\'\'\'",
        "/*",
        "/a",
        "${`",
        "execSync(`${a}`,",
        "{",
    ] {
        let text = part.repeat((1 << 16) / part.len());
        let _ = read(&text, &[], Language::JavaScript);
        let _ = read(&text, &[], Language::Python);
    }
    let doubled: String = (0..40).map(|i| format!("const a{} = `{}`;\n", i + 1, format!("${{a{i}}}").repeat(50))).collect();
    let text = format!("const a0 = 'x';\n{doubled}execSync(`crane copy ${{a40}}`);\nexecSync(`crane copy ${{a1}}`);\n");
    let found = commands(&text, Language::JavaScript);
    assert_eq!(found, ["crane copy <a40>".to_owned(), format!("crane copy {}", "x".repeat(50))]);
    let holes: Vec<_> = (0..50_000).map(|i| i * 5..i * 5 + 4).collect();
    let _ = read(&"x".repeat(1 << 18), &holes, Language::JavaScript);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
