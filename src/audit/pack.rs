//! Repositories as lines of text: of each what the analysis reads, and no more. For lakes, and for machines that see no repositories.

use super::map::open;
use super::plan::{Entry, Plan};
use super::record::Status;
use super::{AuditError, Io, MakeJudge};
use crate::cli::PackArgs;
use crate::discover::{Git, GitObject, Traced};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tempfile::TempDir;

/// An object of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed {
    /// `commit`, `tree`, `blob`.
    kind: String,
    /// Its id, in hexadecimal digits.
    id: String,
    /// Its content, in base64.
    bytes: String,
}

/// `swaplint audit pack`
pub(super) fn command(args: &PackArgs, make: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let stdout = |e| AuditError::File("stdout".to_owned(), e);
    let Plan { header, entries } = Plan::open(&args.plan, io.input)?;
    let mut flags = args.judge.clone();
    flags.choice.today.get_or_insert(header.today);
    let judge = make(&flags)?;
    // What the analysis asks for is what it reads.
    let reads = |entry: &mut Entry| -> Result<Option<Vec<GitObject>>, String> {
        let Some(commit) = open(entry.git_dir.as_ref().map(Path::new), entry.head.as_deref())? else { return Ok(None) };
        // One that fails here fails there as well, and its record will say how.
        let _ = catch_unwind(AssertUnwindSafe(|| judge.judge(&commit, &Traced::new(commit.clone()))));
        entry.head = Some(commit.id().to_string());
        Ok(Some(commit.objects()))
    };
    writeln!(io.out, "{}", serde_json::to_string(&header).unwrap_or_default()).map_err(stdout)?;
    for mut entry in entries {
        if entry.status.is_none() {
            match reads(&mut entry) {
                Ok(Some(objects)) => entry.objects = objects.iter().map(packed).collect(),
                Ok(None) => entry.status = Some(Status::Empty),
                Err(why) => entry.fail(Status::Unreadable, why),
            }
        }
        entry.git_dir = None;
        writeln!(io.out, "{}", serde_json::to_string(&entry).unwrap_or_default()).map_err(stdout)?;
    }
    io.out.flush().map_err(stdout)?;
    Ok(0)
}

fn packed(object: &GitObject) -> Packed {
    Packed { kind: object.kind.clone(), id: object.id.clone(), bytes: BASE64.encode(&object.bytes) }
}

/// A repository made of an entry's objects, in a folder for temporary files; gone when this is.
pub(super) struct Unpacked(TempDir);

impl Unpacked {
    /// The repository. `origin`: where it lives.
    ///
    /// # Errors
    /// A clause that says why the objects make none.
    pub(super) fn of(objects: &[Packed], origin: Option<&str>) -> Result<Unpacked, String> {
        let folder = tempfile::Builder::new().prefix("swaplint-").tempdir().map_err(|e| e.to_string())?;
        let object = |p: &Packed| {
            let bytes = BASE64.decode(p.bytes.as_bytes()).map_err(|e| format!("object {} is no base64: {e}", p.id))?;
            Ok(GitObject { kind: p.kind.clone(), id: p.id.clone(), bytes })
        };
        let objects: Vec<GitObject> = objects.iter().map(object).collect::<Result<_, String>>()?;
        Git::make(folder.path(), &objects, origin)?;
        Ok(Unpacked(folder))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}
