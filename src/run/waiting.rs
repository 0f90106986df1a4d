//! Facts that wait for what the other pipelines of the repository do.
//!
//! Only the share that others must know stays as it is; of many pipelines the rest is packed until it is their turn, since nothing
//! else of a run grows as fast with the number of files.

use crate::facts::Facts;
use crate::handoffs::Share;
use crate::source::{FileId, Span};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// The fastest; facts repeat themselves so much that it leaves a sixth.
const LEVEL: i32 = 1;
/// Facts of more bytes stay as they are, so that nothing is unpacked into more room.
const MAX_BYTES: usize = 1 << 26;

/// The facts of one pipeline, and what the others must know of it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) share: Share,
    pub(super) facts: Asleep,
}

/// The facts of one pipeline of a file.
#[derive(Debug)]
pub(super) struct Asleep {
    pub(super) file: FileId,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Whole(Box<Facts>),
    /// JSON of the document and its places, packed.
    Packed(Box<[u8]>),
}

thread_local! {
    // Making one takes longer than packing the facts of a pipeline.
    static PACKER: RefCell<Option<(Compressor<'static>, Decompressor<'static>)>> = const { RefCell::new(None) };
}

impl Waiting {
    /// Lets the facts of `file` wait, packed if `is_one_of_many`.
    pub(super) fn of(facts: Facts, file: FileId, is_one_of_many: bool) -> Self {
        let share = Share::of(&facts);
        let packed = if is_one_of_many { pack(&facts) } else { None };
        let kept = packed.map_or_else(|| Kept::Whole(Box::new(facts)), Kept::Packed);
        Waiting { share, facts: Asleep { file, kept } }
    }
}

impl Asleep {
    /// The facts; `None` if they cannot be unpacked, which is our bug.
    pub(super) fn wake(self) -> Option<Facts> {
        match self.kept {
            Kept::Whole(facts) => Some(*facts),
            Kept::Packed(bytes) => unpack(&bytes),
        }
    }
}

fn with_packer<T>(ask: impl FnOnce(&mut Compressor<'static>, &mut Decompressor<'static>) -> Option<T>) -> Option<T> {
    PACKER.with_borrow_mut(|packer| {
        if packer.is_none() {
            *packer = Some((Compressor::new(LEVEL).ok()?, Decompressor::new().ok()?));
        }
        let (compressor, decompressor) = packer.as_mut()?;
        ask(compressor, decompressor)
    })
}

/// `None` if it does not work out: then they stay as they are.
fn pack(facts: &Facts) -> Option<Box<[u8]>> {
    let places: Vec<[u32; 3]> = facts.spans.iter().map(|span| [span.file.0, span.start, span.end]).collect();
    let text = serde_json::to_vec(&(facts, places)).ok().filter(|text| text.len() <= MAX_BYTES)?;
    with_packer(|compressor, _| compressor.compress(&text).ok()).map(Vec::into_boxed_slice)
}

fn unpack(bytes: &[u8]) -> Option<Facts> {
    let text = with_packer(|_, decompressor| decompressor.decompress(bytes, MAX_BYTES).ok())?;
    let (facts, places): (Facts, Vec<[u32; 3]>) = serde_json::from_slice(&text).ok()?;
    let spans = places.into_iter().map(|[file, start, end]| Span { file: FileId(file), start, end });
    Some(Facts { spans: spans.collect(), ..facts })
}
