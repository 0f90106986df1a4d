//! Files that go beyond a bound, one by one.

use std::fmt::Write as _;

pub(super) const SIGN: &str = "cosign sign --yes ghcr.io/acme/app:main";

/// Files that go beyond a bound, and what is said of it in the first of them.
pub(super) struct Case {
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) said: &'static str,
    /// Whether what stands behind it in the same file is judged all the same.
    pub(super) goes_on: bool,
}

#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, said: &'static str, goes_on: bool, files: Vec<(String, Vec<u8>)>) {
        self.0.push(Case { files, said, goes_on });
    }

    /// A workflow of its own.
    fn workflow(&mut self, said: &'static str, goes_on: bool, text: impl Into<Vec<u8>>) {
        let path = format!(".github/workflows/{:02}.yml", self.0.len());
        self.add(said, goes_on, vec![(path, text.into())]);
    }

    /// A script in a workflow, then a command that is reported.
    fn script(&mut self, said: &'static str, goes_on: bool, script: &str) {
        self.steps(said, goes_on, "bash", script);
    }

    fn steps(&mut self, said: &'static str, goes_on: bool, shell: &str, script: &str) {
        let mut text = format!("on: push\njobs:\n  a:\n    steps:\n      - shell: {shell}\n        run: |\n");
        for line in script.split('\n') {
            let _ = writeln!(text, "          {line}");
        }
        let _ = writeln!(text, "      - run: {SIGN}");
        self.workflow(said, goes_on, text);
    }

    /// A file of its own.
    fn file(&mut self, said: &'static str, goes_on: bool, name: &str, text: &str) {
        let path = format!("{:02}/{name}", self.0.len());
        self.add(said, goes_on, vec![(path, text.as_bytes().to_vec())]);
    }
}

pub(super) fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect()
}

const DEEP: &str = "it is nested too deeply to be followed";

pub(super) fn cases() -> Vec<Case> {
    let mut all = Cases::default();
    files(&mut all);
    scripts(&mut all);
    formats(&mut all);
    analysis(&mut all);
    all.0
}

fn files(all: &mut Cases) {
    all.workflow("the file is larger than 4 MiB", false, "# x\n".repeat(1_200_000));
    all.workflow("too many levels of nesting", false, format!("on: push\njobs: {}", "[".repeat(5_000)));
    all.workflow("too many levels of nesting", false, list(400, |i| format!("{}a:\n", " ".repeat(i))));
    let bomb = |width: &str| {
        format!(
            "a0: &a0 x\n{}on: push\njobs: *a79\n",
            list(79, |i| width.replace('N', &(i + 1).to_string()).replace('O', &i.to_string()))
        )
    };
    let aliases = "the aliases of this file multiply its content beyond measure";
    all.workflow(aliases, false, bomb("aN: &aN [*aO, *aO, *aO]\n"));
    all.workflow(aliases, false, bomb("aN: &aN [*aO]\n"));
    all.workflow("the file is not UTF-8 text (byte ", false, b"on: push\njobs: {a: \xff\xfe}\n".to_vec());
    all.workflow("is not allowed here", false, "on: push\njobs:\n  a:\n    steps:\n      - run: a\0b\n");
}

fn scripts(all: &mut Cases) {
    all.script("a script may have 1 MiB", true, &"echo x\n".repeat(180_000));
    all.script("a script may have 1 MiB", true, &format!("echo {}", "x".repeat(1 << 20)));
    all.script("a line may have 2000 brackets and operators", true, &format!("{}{}", "(".repeat(5_000), ")".repeat(5_000)));
    all.script("a line may have 2000 brackets and operators", true, &">a ".repeat(5_000));
    all.script("200 brackets may be open at once", true, &"a=(".repeat(500));
    all.script("a statement may have 300 pipes", true, &"a|".repeat(5_000));
    all.script("a chain may have 200 commands", true, &format!("{}b", "a && ".repeat(300)));
    all.script("200 constructs may be nested", true, &format!("{}b{}", "if a; then ".repeat(300), "; fi".repeat(300)));
    all.script("a line may begin 20 here-documents", true, &"<<A<<B ".repeat(500));
    all.script("this part does not parse as a script", true, "{\u{10ffff}");
    all.steps("a line may have 2000 brackets and operators", true, "pwsh", &"if ($a) { ".repeat(2_000));
    all.steps("200 constructs may be nested", true, "cmd", &"( ".repeat(2_000));
    all.steps("200 constructs may be nested", true, "pwsh", &format!("{}1", "$a = ".repeat(8_000)));
    all.steps("a program may have 256 KiB", true, "python", &"x = 1\n".repeat(50_000));
}

fn formats(all: &mut Cases) {
    all.script(
        "the expression is nested more than 50 deep",
        true,
        &format!("echo ${{{{ {}1{} }}}}", "(".repeat(100), ")".repeat(100)),
    );
    all.script("the expression is longer than 21000 characters", true, &format!("echo ${{{{ {}b }}}}", "a.b || ".repeat(4_000)));
    all.file(
        DEEP,
        true,
        "Jenkinsfile",
        &format!("node {{ {}sh 'x'{}\nsh '{SIGN}' }}\n", "if (a) { ".repeat(3_000), " }".repeat(3_000)),
    );
    all.file(DEEP, true, "Jenkinsfile", &format!("node {{ x = {}1{}\nsh '{SIGN}' }}\n", "(".repeat(3_000), ")".repeat(3_000)));
    let methods = list(39, |i| format!("def f{}() {{ f{i}(); f{i}() }}\n", i + 1));
    all.file(
        "the file has more calls than are followed",
        true,
        "Jenkinsfile",
        &format!("def f0() {{ sh 'x' }}\n{methods}node {{ sh '{SIGN}'\nf39() }}\n"),
    );
    all.file(
        "this `${` has no `}`",
        false,
        "Jenkinsfile",
        &format!("node {{ sh \"{}x{}\" }}\n", "${\"".repeat(200), "\"}".repeat(200)),
    );
    let within = list(20, |i| {
        let indent = " ".repeat(2 + i * 6);
        format!("{indent}tasks:\n{indent}  - name: t{i}\n{indent}    pipelineSpec:\n")
    });
    let tekton = format!(
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: deep}}\nspec:\n{within}{}tasks: []\n",
        " ".repeat(122)
    );
    all.file("pipelines stand within each other too deeply to be followed", false, "x.yaml", &tekton);
    all.file(
        "is extended in a circle, or too deeply",
        false,
        ".gitlab-ci.yml",
        "a:\n  extends: b\nb:\n  extends: a\n  script: x\n",
    );
    let references =
        list(30, |i| format!(".r{}:\n  script:\n    - !reference [.r{i}, script]\n    - !reference [.r{i}, script]\n", i + 1));
    all.file(
        "leads nowhere",
        true,
        ".gitlab-ci.yml",
        &format!(".r0:\n  script: [x]\n{references}a:\n  script:\n    - !reference [.r30, script]\n    - {SIGN}\n"),
    );
}

fn analysis(all: &mut Cases) {
    all.script("400 comments of a script are looked at", true, &"# x\n".repeat(500));
    let again = format!("for_all() {{ docker push \"ghcr.io/acme/$1\"; }}\n{}", list(20, |i| format!("for_all a{i}\n")));
    all.script("a command is recorded 16 times in a job", true, &again);
    let images = list(300, |i| format!(" ghcr.io/acme/a{i}"));
    all.script("256 artifacts of a command are looked at", true, &format!("cosign sign --yes{images}\n"));
    let verifications = list(40, |i| format!("cosign verify --key k{i} ghcr.io/acme/app:v{i}\n"));
    all.script(
        "32 verifications are listed for what takes an artifact",
        true,
        &format!("{verifications}docker run ghcr.io/acme/app:main"),
    );
    let functions = list(59, |i| format!("f{}() {{ f{i}; }}\n", i + 1));
    all.script("functions call each other too deeply to be followed", true, &format!("f0() {{ echo; }}\n{functions}f59"));
    let doubled = list(17, |i| format!("f{}() {{ f{i}; f{i}; }}\n", i + 1));
    all.script("the pipeline has more commands than are followed", false, &format!("f0() {{ echo; }}\n{doubled}f17"));
    wrapped(all);
    let one = format!(".github/workflows/{:02}.yml", all.0.len());
    let called = format!("on: workflow_call\njobs:\n  a:\n    steps:\n      - run: {SIGN}\n");
    let jobs = list(600, |i| format!("  j{i}:\n    uses: ./.github/workflows/called.yml\n"));
    let more = "the pipeline has more executions than are followed";
    all.add(
        more,
        false,
        vec![(one, format!("on: push\njobs:\n{jobs}").into()), (".github/workflows/called.yml".into(), called.into())],
    );
    let one = format!("{:02}.yml", all.0.len());
    let circle = format!(
        "on: [push, workflow_call]\njobs:\n  a:\n    uses: ./.github/workflows/{one}\n  b:\n    uses: ./.github/workflows/{one}\n"
    );
    all.workflow("pipelines call each other too deeply to be followed", false, circle);
    let action = "runs:\n  using: composite\n  steps:\n    - uses: ./round\n    - uses: ./round\n";
    let uses = format!("on: push\njobs:\n  a:\n    steps:\n      - uses: ./round\n      - run: {SIGN}\n");
    let path = format!(".github/workflows/{:02}.yml", all.0.len());
    all.add(
        "actions use each other too deeply to be followed",
        true,
        vec![(path, uses.into()), ("round/action.yml".into(), action.into())],
    );
    followed(all);
}

/// Commands within commands, words within tests, elements within arrays.
fn wrapped(all: &mut Cases) {
    let many = "64 commands may run each other";
    for wrapper in ["env", "command", "nice", "time", "sudo -E", "timeout 1", "xargs", "find . -exec"] {
        all.script(many, true, &format!("{} x", vec![wrapper; 5_000].join(" ")));
    }
    let aliases = list(5_000, |i| format!("alias a{i}=a{}\n", i + 1));
    all.script(many, true, &format!("shopt -s expand_aliases\n{aliases}a0"));
    // Each of them doubles what is followed.
    let more = "the pipeline has more commands than are followed";
    all.script(more, false, &format!("if x; then A=time; else A=retry; fi\n{}x", "$A ".repeat(80)));
    for test in [format!("test {}a && b", "! ".repeat(50_000)), format!("[ {}a ] && b", "a -a ".repeat(50_000))] {
        all.script("a test may have 200 words", true, &test);
    }
    all.script("an array that grows may have 1000 elements", true, &format!("A=()\n{}", list(5_000, |i| format!("A+=(x{i})\n"))));
    let shifts = format!("set -- {}\n{}", "a ".repeat(5_000), "shift\n".repeat(5_000));
    all.script("a script may shift 1000 arguments", true, &shifts);
    let action =
        |next: usize| format!("runs:\n  using: composite\n  steps:\n{}", list(9, |_| format!("    - uses: ./fan/{next}\n")));
    let path = format!(".github/workflows/{:02}.yml", all.0.len());
    let uses = "on: push\njobs:\n  a:\n    steps:\n      - uses: ./fan/0\n";
    let mut files = vec![(path, uses.into())];
    files.extend((0..7).map(|i| (format!("fan/{i}/action.yml"), action(i + 1).into())));
    all.add("the pipeline has more commands than are followed", false, files);
}

fn followed(all: &mut Cases) {
    let with = |all: &mut Cases, said, run: &str, files: Vec<(String, Vec<u8>)>| {
        let path = format!(".github/workflows/{:02}.yml", all.0.len());
        let text = format!("on: push\njobs:\n  a:\n    steps:\n      - run: {run}\n      - run: {SIGN}\n");
        all.add(said, true, [vec![(path, text.into_bytes())], files].concat());
    };
    let number = all.0.len();
    let chain = (0..60).map(|i| (format!("{number}/x{i}.sh"), format!("./{number}/x{}.sh\n", i + 1).into_bytes())).collect();
    with(
        all,
        "it is no script of this repository",
        "./round.sh",
        vec![("round.sh".into(), b"./round.sh\n./round.sh\n".to_vec())],
    );
    with(all, DEEP, &format!("./{number}/x0.sh"), chain);
    for outside in ["bash ../../../../../../etc/profile", "source /opt/profile", "./../x.sh"] {
        with(all, "it is no script of this repository", outside, Vec::new());
    }
    let number = all.0.len();
    let targets = format!("all: {}\n{}", list(900, |i| format!(" t{i}")), list(900, |i| format!("t{i}:\n\techo\n")));
    with(
        all,
        "more targets are made than are followed",
        &format!("make -C {number}"),
        vec![(format!("{number}/Makefile"), targets.into())],
    );
    let listed = |all: &mut Cases, said, makefile: String| {
        let number = all.0.len();
        let run = format!("make -C {number}");
        with(all, said, &run, vec![(format!("{number}/Makefile"), makefile.into())]);
    };
    listed(all, "a list of a makefile may have 512 words", format!("all:{}\n\techo\n", list(600, |i| format!(" f{i}"))));
    let ways = list(5, |i| format!("ifdef X{i}\nA = {i}\nendif\n"));
    listed(all, "a variable of a makefile may be defined in 4 ways", format!("A = x\n{ways}all:\n\techo $(A)\n"));
    let others = list(9_000, |i| format!("else ifdef X{i}\nA{i} = 1\n"));
    let branches = format!("all:\n\techo\nifdef X\n{others}endif\n");
    listed(all, "a line of a makefile may stand in 200 conditions", branches);
    // Includes: many, in a row, in a circle, of elsewhere.
    let includes = "a pipeline may include 150 files";
    all.add(
        includes,
        true,
        included("many", &format!("include:\n{}", list(200, |i| format!("  - many/{i}.yml\n"))), 200, |_| String::new()),
    );
    all.add(includes, false, included("row", "include: [row/0.yml]\n", 2_000, |i| format!("include: [row/{}.yml]\n", i + 1)));
}

/// A GitLab pipeline in a folder, and the files that it includes.
fn included(folder: &str, head: &str, count: usize, file: impl Fn(usize) -> String) -> Vec<(String, Vec<u8>)> {
    let job = |name: &str| format!("{name}:\n  script: {SIGN}\n");
    let mut files = vec![(format!("{folder}/.gitlab-ci.yml"), format!("{head}{}", job("own")).into_bytes())];
    files.extend((0..count).map(|i| (format!("{folder}/{i}.yml"), (file(i) + &job(&format!("j{i}"))).into_bytes())));
    files
}
