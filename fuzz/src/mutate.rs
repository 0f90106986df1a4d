//! Changes to a text that leave most of its structure: lines, blocks, keys, values and words are moved, doubled, taken away, or taken from
//! another text of the pool; what is special in one of the languages is put in. Now and then bytes change as the fuzzer likes.

use crate::Pool;

/// What is special somewhere.
const SIGNS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "$",
    "${",
    "$(",
    "$((",
    "${{ ",
    " }}",
    "$[[ ",
    " ]]",
    "`",
    "\\",
    "|",
    "||",
    "&&",
    "&",
    ";",
    ";;",
    "<<EOF\n",
    "<<-'E'\n",
    "EOF\n",
    "<(",
    ">",
    ">>",
    "<<<",
    "!",
    "#",
    "# ",
    "//",
    "/*",
    "*/",
    "$/",
    "/$",
    "->",
    "..",
    "?:",
    "=",
    ":",
    ": ",
    "- ",
    "? ",
    "*",
    "*a",
    "&a ",
    "&a\n",
    "<<: *a\n",
    "!reference [a, b]\n",
    "!!str ",
    "|\n",
    "|-\n",
    ">+2\n",
    "---\n",
    "...\n",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\u{10ffff}",
    "é",
    "\u{202e}",
    "\u{feff}",
    "\u{fffc}",
    "%",
    "%%",
    "^",
    "@",
    "@sha256:",
    "~",
    "\x1b[2J",
    "if ",
    "then\n",
    "else\n",
    "fi\n",
    "for i in 1 2; do\n",
    "done\n",
    "case x in\n",
    "esac\n",
    "while ",
    "function f {\n",
    "eval ",
    "exec ",
    "source ",
    "bash -c ",
    "xargs ",
    "define x\n",
    "endef\n",
    "include ",
    "ifeq ",
    "FROM ",
    "swaplint: ignore[",
    "] until=2027-01-31 ",
    "(?i)",
    ".*",
    "[^/]+",
    "(a|b){1,900}",
    "\\p{L}",
    "$",
    "^https://",
    "refs/heads/",
    "null",
    "true",
    "[]",
    "{}",
];

/// Values that mean something.
const VALUES: &[&str] = &[
    "./.github/workflows/a.yml",
    "./.github/workflows/b.yml",
    "./.github/actions/x",
    "./x.sh",
    "inc.yml",
    "Makefile",
    "make all",
    "bash x.sh",
    "source ./x.sh",
    ". x.sh",
    "${{ matrix.a }}",
    "${{ steps.x.outputs.y }}",
    "${{ needs.a.outputs.b }}",
    "$(params.a)",
    "$(tasks.a.results.b)",
    "$[[ inputs.a ]]",
    "$CI_REGISTRY_IMAGE",
    "$A",
    "${A:-$B}",
    "$(cat x)",
    "ghcr.io/acme/app:1",
    "ghcr.io/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "always()",
    "../../../etc/passwd",
    "/dev/stdin",
    "cosign sign $A",
    "cosign verify --certificate-identity-regexp .* $A",
    "crane copy $A $B",
    "docker push $A",
    "kubectl apply -f x.yml",
    "[a, b]",
    "{a: b}",
    "\"\\u0000\\x41\"",
    "'it''s'",
    "99999999999999999999",
    "-1",
    "1e99",
    "",
];

/// A generator of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap_or(0)
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    /// A text of a pool.
    fn text(&mut self, pool: Pool) -> &'static str {
        let texts = pool.texts();
        &texts[self.below(texts.len())]
    }
}

/// Changes the first `size` bytes of `data`; gives their new number.
pub fn mutate(pool: Pool, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut numbers = Numbers(u64::from(seed) << 16 | 0x9e37);
    (0..4).for_each(|_| {
        numbers.below(2);
    });
    let chance = numbers.below(100);
    if size > 4 && chance < 20 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mut text = String::from_utf8_lossy(&data[..size]).into_owned();
    if size <= 4 || chance > 96 {
        text = numbers.text(pool).to_owned();
    }
    for _ in 0..=numbers.below(4) {
        change(&mut text, pool, &mut numbers);
    }
    let mut end = text.len().min(max_size).min(data.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    data[..end].copy_from_slice(&text.as_bytes()[..end]);
    end
}

fn change(text: &mut String, pool: Pool, numbers: &mut Numbers) {
    let other = numbers.text(pool);
    match numbers.below(16) {
        0..=5 => lines(text, other, numbers),
        6 => {
            let at = place(text, numbers);
            text.insert_str(at, numbers.one(SIGNS));
        }
        7 => {
            let at = place(text, numbers);
            text.insert_str(at, &numbers.one(SIGNS).repeat(1 + numbers.below(60)));
        }
        8 | 9 => {
            // A word is another one, or something that means something.
            let range = word(text, numbers);
            let another = match numbers.below(3) {
                0 => numbers.one(VALUES).to_owned(),
                1 => other[word(other, numbers)].to_owned(),
                _ => text[word(text, numbers)].to_owned(),
            };
            text.replace_range(range, &another);
        }
        10 => {
            let (a, b) = (place(text, numbers), place(text, numbers));
            text.replace_range(a.min(b)..near(text, a.min(b), 40).min(a.max(b)), "");
        }
        11 => text.truncate(place(text, numbers)),
        12 => {
            let at = place(text, numbers);
            let end = near(text, at, 1 + numbers.below(300));
            let part = text[at..end].to_owned();
            text.insert_str(place(text, numbers), &part.repeat(1 + numbers.below(4)));
        }
        13 => {
            // The beginning of one, the end of another.
            text.truncate(place(text, numbers));
            text.push_str(&other[place(other, numbers)..]);
        }
        14 => match numbers.below(4) {
            0 => *text = text.replace('\n', "\r\n"),
            1 => *text = text.replace("  ", " "),
            2 => {
                text.push_str("\n#####\n");
                text.push_str(other);
            }
            _ => text.insert(0, '\u{feff}'),
        },
        _ => {
            // A value is written in another style.
            let range = word(text, numbers);
            let value = text[range.clone()].to_owned();
            let styled = match numbers.below(6) {
                0 => format!("'{value}'"),
                1 => format!("\"{value}\""),
                2 => format!("|\n        {value}\n"),
                3 => format!(">-\n        {value}\n"),
                4 => format!("[{value}, {value}]"),
                _ => format!("&a {value}"),
            };
            text.replace_range(range, &styled);
        }
    }
}

/// Changes whole lines, or the block below a line.
fn lines(text: &mut String, other: &str, numbers: &mut Numbers) {
    let mut all: Vec<&str> = text.split_inclusive('\n').collect();
    let others: Vec<&str> = other.split_inclusive('\n').collect();
    if all.is_empty() || others.is_empty() {
        return text.push_str(other);
    }
    let (at, to) = (numbers.below(all.len()), numbers.below(all.len() + 1));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let block = |all: &[&str], at: usize| at + 1 + all[at + 1..].iter().take_while(|l| indent(l) > indent(all[at])).count();
    let moved;
    match numbers.below(8) {
        0 => drop(all.drain(at..block(&all, at))),
        1 => {
            let part: Vec<&str> = all[at..block(&all, at)].to_vec();
            (0..=numbers.below(3)).for_each(|_| drop(all.splice(to..to, part.iter().copied())));
        }
        2 => {
            let from = numbers.below(others.len());
            let part: Vec<&str> = others[from..block(&others, from)].to_vec();
            drop(all.splice(to..to, part));
        }
        3 => {
            // The same, as far to the right as what stands there.
            let from = numbers.below(others.len());
            let (by, had) = (indent(all[at]), indent(others[from]));
            let fitted = |line: &&str| format!("{}{}", " ".repeat((by + indent(line)).saturating_sub(had)), line.trim_start());
            moved = others[from..block(&others, from)].iter().map(fitted).collect::<Vec<_>>();
            drop(all.splice(at..at, moved.iter().map(String::as_str)));
        }
        4 => {
            let last = all.len() - 1;
            all.swap(at, to.min(last));
        }
        5 => {
            moved = vec![format!("  {}", all[at])];
            all[at] = &moved[0];
        }
        6 => all[at] = all[at].strip_prefix("  ").unwrap_or(all[at]),
        _ => {
            // Another value for the same key, or another key for the same value.
            let value = others[numbers.below(others.len())];
            let (Some((key, old)), Some((name, new))) = (all[at].split_once(':'), value.split_once(':')) else { return };
            moved = vec![match numbers.below(3) {
                0 => format!("{}{}:{old}", " ".repeat(indent(key)), name.trim_start()),
                1 => format!("{key}: {}\n", numbers.one(VALUES)),
                _ => format!("{key}:{new}"),
            }];
            all[at] = &moved[0];
        }
    }
    *text = all.concat();
}

/// A place between two characters.
fn place(text: &str, numbers: &mut Numbers) -> usize {
    near(text, numbers.below(text.len() + 1), 0)
}

/// The place so many bytes further on, or a little before it.
fn near(text: &str, from: usize, further: usize) -> usize {
    (0..=(from + further).min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A word.
fn word(text: &str, numbers: &mut Numbers) -> std::ops::Range<usize> {
    let at = place(text, numbers);
    let ends = |c: char| c.is_whitespace() || "\"'(){}[],;|&<>".contains(c);
    let start = text[..at].rfind(ends).map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(ends).map_or(text.len(), |i| at + i);
    start.min(end)..end
}
