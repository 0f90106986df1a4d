//! x
/// x
pub struct Base{/// x
pub range: std::ops::Range<usize>,/// x
pub image:String,/// x
pub stage:Option<String>}
/// x
#[must_use] pub fn base_images(_t:&str)->Vec<Base>{vec![]}
