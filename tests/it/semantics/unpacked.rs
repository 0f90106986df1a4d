//! Archives from elsewhere: whether what is run afterwards came out of them.

use super::{GITHUB, github};
use crate::support::{repository, swaplint};
use serde_json::Value;

/// What follows `tar xf tool.tgz -C FOLDER`, by the folder, and whether that puts the archive's content to use.
const AFTERWARDS: &[(&str, &str, bool)] = &[
    ("", "./tool/install.sh", true),
    ("", "bash tool/install.sh", true),
    ("", "sudo tool/bin/install --all", true),
    ("", "cd tool\n./install.sh", true),
    ("", "sudo mv tool/bin/tool /usr/local/bin/", true),
    ("-C tool", "$PWD/tool/bin/tool run", true),
    ("-C tool", "npm ci\n./tool/bin/tool run", true),
    ("-C tool", "chmod +x tool/tool", true),
    ("", "export PATH=$PWD/tool/bin:$PATH\ntool run", true),
    ("-C $HOME/tool", "echo \"$HOME/tool/bin\" >> $GITHUB_PATH", true),
    ("-C tool", "echo \"$PWD/tool/bin\" >> \"$GITHUB_PATH\"", true),
    ("-C testdata", "echo \"$HOME/.local/bin\" >> $GITHUB_PATH", false),
    ("-C testdata", "export PATH=/usr/lib/go/bin:$PATH\ngo test ./...", false),
    ("-C testdata", "/opt/hostedtoolcache/go/bin/go test ./...", false),
    ("-C testdata", "$HOME/.cargo/bin/cargo test", false),
    ("-C testdata", "go build -o bin/app ./cmd/app\n./bin/app testdata", false),
    ("-C testdata", "chmod +x /tmp/hook", false),
    ("", "npm ci\n./node_modules/.bin/jest", false),
    ("", "$HOME/.cargo/bin/cargo test", false),
    ("-C testdata", "sudo cp ci/own.sh /usr/local/bin/own", false),
    ("", "bash ci/own.sh", false),
];

#[test]
fn an_archive_is_used_where_its_content_runs() {
    for (folder, afterwards, used) in AFTERWARDS {
        let script = format!("curl -fLO https://example.com/1.2.3/tool.tgz\ntar xf tool.tgz {folder}\n{afterwards}");
        let dir = repository(&[(GITHUB, &github(&script, "", "", "")), ("ci/own.sh", "echo\n")]);
        let ran = swaplint(dir.path(), &["check", "--format", "json", "--select", "unverified-download"]);
        let report: Value = serde_json::from_str(&ran.out).expect("JSON");
        let severity = report["findings"][0]["severity"].as_str();
        assert_eq!(severity, Some(if *used { "high" } else { "medium" }), "{folder} {afterwards}: {report:#}");
    }
}
