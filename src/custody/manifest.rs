//! x
/// x
#[must_use] pub fn images(_t:&str)->Vec<std::ops::Range<usize>>{vec![]}
