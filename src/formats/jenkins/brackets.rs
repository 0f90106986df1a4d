//! Which bracket belongs to which, before anything is parsed: what is wrong inside of a block stays in it.

use super::token::{Fault, Kind, Token};

/// No token.
pub(super) const NONE: u32 = u32::MAX;

/// What is known of the brackets of one stream.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// For each token that is a bracket the index of its partner, or [`NONE`].
    pub(super) partner: Vec<u32>,
    /// For each token that is a `{` the index of the `->` that ends its parameters, or [`NONE`].
    pub(super) arrow: Vec<u32>,
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

/// The brackets that are open, and how many of each kind since the last `{`, so that no search is in vain.
#[derive(Default)]
struct Open {
    stack: Vec<(usize, u8)>,
    /// For each open `{` (and the start): where it stands in the stack, and what is open behind it: `(` and `[`.
    blocks: Vec<(usize, [usize; 2])>,
}

impl Open {
    fn slot(&mut self, sign: u8) -> Option<&mut usize> {
        let counts = &mut self.blocks.last_mut()?.1;
        Some(&mut counts[usize::from(matches!(sign, b'[' | b']'))])
    }

    fn push(&mut self, index: usize, sign: u8) {
        if sign == b'{' {
            self.blocks.push((self.stack.len(), [0, 0]));
        } else if let Some(count) = self.slot(sign) {
            *count += 1;
        }
        self.stack.push((index, sign));
    }

    /// Takes brackets off up to the one that `sign` closes, if there is one: that one, and those that nothing closed.
    fn close(&mut self, sign: u8) -> Option<(usize, Vec<usize>)> {
        let mut lost = Vec::new();
        if sign == b'}' {
            if self.blocks.len() < 2 {
                return None;
            }
            let (floor, _) = self.blocks.pop()?;
            lost.extend(self.stack.drain(floor + 1..).map(|(i, _)| i));
            return self.stack.pop().map(|(i, _)| (i, lost));
        }
        if *self.slot(sign)? == 0 {
            return None;
        }
        while let Some((index, open)) = self.stack.pop() {
            if let Some(count) = self.slot(open) {
                *count -= 1;
            }
            if closing(open) == sign {
                return Some((index, lost));
            }
            lost.push(index);
        }
        None
    }
}

/// Matches the brackets of a stream. `)` and `]` never cross an open `{`. Line breaks between `(` and `)` or `[` and `]` do
/// not count, so they are struck out.
pub(super) fn matched(text: &str, tokens: &mut [Token], faults: &mut Vec<Fault>) -> Brackets {
    let mut brackets = Brackets { partner: vec![NONE; tokens.len()], arrow: vec![NONE; tokens.len()] };
    let mut open = Open { stack: Vec::new(), blocks: vec![(0, [0, 0])] };
    for index in 0..tokens.len() {
        let token = tokens[index];
        match token.kind {
            Kind::Open(sign) => open.push(index, sign),
            Kind::Close(sign) => match open.close(sign) {
                Some((start, lost)) => {
                    faults.extend(lost.into_iter().map(|i| unclosed(&tokens[i])));
                    brackets.partner[start] = number(index);
                    brackets.partner[index] = number(start);
                }
                None => faults.push(Fault { at: token.start..token.end, message: "nothing is open that this bracket closes" }),
            },
            Kind::Sign if text.get(token.start as usize..token.end as usize) == Some("->") => {
                if let Some((start, b'{')) = open.stack.last().filter(|(i, _)| brackets.arrow[*i] == NONE) {
                    brackets.arrow[*start] = number(index);
                }
            }
            _ => {}
        }
    }
    faults.extend(open.stack.into_iter().map(|(i, _)| unclosed(&tokens[i])));
    strike_breaks(tokens, &brackets);
    brackets
}

fn unclosed(token: &Token) -> Fault {
    Fault { at: token.start..token.end, message: "this bracket is never closed" }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

fn strike_breaks(tokens: &mut [Token], brackets: &Brackets) {
    let mut counts: Vec<bool> = vec![true];
    for (index, token) in tokens.iter_mut().enumerate() {
        let partnered = brackets.partner[index] != NONE;
        if matches!(token.kind, Kind::Close(_)) && partnered {
            token.fresh &= counts.last().copied().unwrap_or(true);
            counts.pop();
            continue;
        }
        token.fresh &= counts.last().copied().unwrap_or(true);
        if let Kind::Open(sign) = token.kind
            && partnered
        {
            counts.push(sign == b'{');
        }
    }
}
