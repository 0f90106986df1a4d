//! The images that a manifest written inside a script names.
//!
//! Such text is seldom YAML: here-documents hold variables, templates hold braces. So lines are read, not a document:
//! `image: value` (Kubernetes, compose) and `"image": "value"` (`kubectl run --overrides`).

use super::reference::UNKNOWN;
use std::ops::Range;

/// Longest value, in bytes: a bound on what one key costs. Templates can be long, references cannot.
const MAX_VALUE: usize = 1024;

/// The values of `image` keys, as bytes of the text, quotes left out. Values that are no text (maps, empty) are left out.
#[must_use]
pub fn images(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut offset = 0;
    let mut block = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        if block.is_some_and(|outer| !blank && indent <= outer) {
            block = None;
        }
        // Inside a block scalar (`data: |`) stands a text of its own, a script for instance.
        if block.is_none() && !blank {
            found.extend(in_line(line).into_iter().map(|range| offset + range.start..offset + range.end));
            block = opens_block(line).then_some(indent);
        }
        offset += line.len();
    }
    found
}

/// Whether the value of this line's key is the block that follows.
fn opens_block(line: &str) -> bool {
    let line = line.trim();
    let Some((key, value)) = line.rsplit_once(": ") else { return false };
    let value = value.trim_start();
    !key.starts_with('#')
        && value.starts_with(['|', '>'])
        && value
            .chars()
            .skip(1)
            .take_while(|letter| !letter.is_whitespace())
            .all(|letter| matches!(letter, '-' | '+' | '0'..='9'))
}

/// The values of one line; a flow mapping or JSON can hold several.
fn in_line(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let comment = comment(line);
    let mut from = 0;
    while let Some(at) = line.get(from..comment).and_then(|rest| rest.find("image")).map(|at| from + at) {
        from = at + "image".len();
        if let Some(value) = value(line, at, comment) {
            from = value.end;
            found.push(value);
        }
    }
    found
}

/// The value of the key that stands at `at`, if it is one.
pub(super) fn value(line: &str, at: usize, end: usize) -> Option<Range<usize>> {
    let before = line[..at].trim_end_matches('\\');
    let (quote, before) = match before.chars().next_back() {
        Some(quote @ ('"' | '\'')) => (Some(quote), before[..before.len() - 1].trim_end_matches('\\')),
        _ => (None, &line[..at]),
    };
    let flow = before.trim_end().ends_with(['{', ',']);
    let first = before.trim_start_matches([' ', '\t', '-', '?']).is_empty();
    if !(first || flow) {
        return None;
    }
    let rest = line.get(at + "image".len()..end)?;
    let after = match quote {
        Some(quote) => rest.trim_start_matches('\\').strip_prefix(quote)?,
        None => rest,
    };
    let after = after.trim_start().strip_prefix(':')?;
    if quote.is_none() && !after.starts_with([' ', '\t']) {
        return None;
    }
    let after = after.trim_start();
    let start = end - after.len();
    scalar(after, flow || quote.is_some()).map(|range| start + range.start..start + range.end)
}

/// The text at the front of `text`. In a flow mapping a comma or a brace ends it.
fn scalar(text: &str, flow: bool) -> Option<Range<usize>> {
    let escapes = text.len() - text.trim_start_matches('\\').len();
    let range = match text[escapes..].chars().next()? {
        quote @ ('"' | '\'') => {
            let start = escapes + 1;
            let end = text[start..].find(quote).map(|end| start + end)?;
            start..start + text[start..end].trim_end_matches('\\').len()
        }
        _ if escapes > 0 => return None,
        '&' | '*' | '|' | '>' | '[' | '#' => return None,
        '{' if !text.starts_with("{{") => return None,
        _ => 0..plain_end(text, flow)?,
    };
    let value = text.get(range.clone())?;
    let empty = value.is_empty() || matches!(value, "null" | "~");
    // A key of the same name with a map below it (helm values) has no value here; what holds spaces is prose or a template.
    let prose = value.contains(char::is_whitespace) && !value.contains("{{") && !value.contains("${") && !value.contains(UNKNOWN);
    (!empty && !prose).then_some(range)
}

/// Where an unquoted value ends. Braces of templates belong to it.
fn plain_end(text: &str, flow: bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if at > MAX_VALUE => return None,
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' | ']' if flow && depth == 0 => return Some(text[..at].trim_end().len()),
            _ => {}
        }
    }
    Some(text.trim_end().len())
}

/// Where the comment of a line starts: at a `#` at its front or behind a space, outside of quotes.
fn comment(line: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match (letter, quote) {
            ('#', None) if before.is_whitespace() => return at,
            ('"' | '\'', None) if !before.is_alphanumeric() => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
        before = letter;
    }
    line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, expected) in [
            ("image: nginx:1", &["nginx:1"][..]),
            (
                "spec:\n  containers:\n    - image: \"a:1\" # why\n      name: x\n    - name: y\n      image: 'b:2'\r\n",
                &["a:1", "b:2"],
            ),
            ("  # image: no\nimage: yes:1 #no", &["yes:1"]),
            ("image: ?/app:?\n", &["?/app:?"]),
            ("image: {{ .Values.image }}:{{ .Tag }}\n", &["{{ .Values.image }}:{{ .Tag }}"]),
            ("image: ${IMAGE:-a, b}\n", &["${IMAGE:-a, b}"]),
            (r#"{"spec":{"containers":[{"name":"x","image":"a:1"},{"image": "b:2"}]}}"#, &["a:1", "b:2"]),
            (r#"{\"image\":\"a:1\",\"name\":\"x\"}"#, &["a:1"]),
            ("- {name: x, image: a:1, tty: true}", &["a:1"]),
            ("containers: [{ image: a:1 }, { image: b }]", &["a:1", "b"]),
            ("image:\n  repository: x\n", &[]),
            ("image: {repository: x}\n", &[]),
            ("image: *anchor\nimage: &x y\nimage: |\n  z\nimage: null\nimage: ''", &[]),
            ("myimage: a\nimagePullPolicy: Always\nimages: b\nimage-name: c\nbase.image: d\nthe image: e\nimage:f", &[]),
            ("data:\n  run.sh: |\n    image: no\n\n    image: no\nimage: yes", &["yes"]),
            ("image: an example of prose", &[]),
            ("image: \"unclosed", &[]),
            ("'image': 'a'\n\"image\" : \"b\"", &["a", "b"]),
            ("image: registry.example/ü:1", &["registry.example/ü:1"]),
            ("image", &[]),
            ("image:", &[]),
            ("", &[]),
        ] {
            let text = text.replace('?', "\u{FFFC}");
            let found: Vec<String> = images(&text).into_iter().map(|range| text[range].replace(UNKNOWN, "?")).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
