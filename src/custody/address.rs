//! Addresses as tools take them: what they guess where no scheme is named, and the file that they name.

use super::text::Text;
use crate::tools::Guess;

/// An address with the scheme that a tool takes it to have, if it names none.
pub(super) fn guessed(address: &Text, guess: &Guess) -> Text {
    let masked = address.masked();
    let scheme = without_scheme(&masked).and_then(|host| {
        let fitting = guess.schemes.iter().filter(|(begin, _)| host.starts_with(begin.as_str()));
        fitting.max_by_key(|(begin, _)| begin.len()).map(|(_, scheme)| scheme)
    });
    let Some(scheme) = scheme else { return address.clone() };
    let mut whole = Text::literal(&format!("{scheme}://"));
    whole.extend(address);
    whole
}

/// Top-level domains that are no endings of files.
const TOP_LEVEL: &[&str] = &["com", "org", "net", "io", "dev", "cloud", "edu", "gov"];

/// The host of an address that surely is one and names no scheme: a host name with dots or this machine, all of it written out. Behind a
/// name there has to be more, unless it can be none of a file: `tool.zip` may be a host, and rather is a file.
pub(super) fn without_scheme(masked: &str) -> Option<&str> {
    if masked.contains("://") {
        return None;
    }
    let end = masked.find(['/', '?', '#']).unwrap_or(masked.len());
    let (host, rest) = masked.split_at(end);
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_label = |label: &str| {
        let is_inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels: Vec<&str> = name.split('.').collect();
    let is_top = |label: &str| label.len() > 1 && label.bytes().all(|b| b.is_ascii_alphabetic()) || label.starts_with("xn--");
    let is_name =
        labels.len() > 1 && labels.iter().all(|label| is_label(label)) && labels.last().is_some_and(|last| is_top(last));
    let is_machine = name == "localhost" || labels.len() == 4 && labels.iter().all(|label| is_number(label));
    let is_no_file = labels.last().is_some_and(|last| TOP_LEVEL.iter().any(|top| last.eq_ignore_ascii_case(top)));
    let says_more = rest.starts_with('/') || port.is_some() || is_no_file;
    (port.is_none_or(is_number) && (is_machine || is_name && says_more)).then_some(host)
}

/// What stands behind the last `/` of an address as it is written, where that is not a sign within an expansion (`${A/x/y}`).
pub(super) fn last_part(written: &str) -> &str {
    let mut open = 0_usize;
    let mut start = 0;
    for (at, sign) in written.char_indices() {
        match sign {
            '{' | '(' => open += 1,
            '}' | ')' => open = open.saturating_sub(1),
            '/' if open == 0 => start = at + 1,
            _ => {}
        }
    }
    &written[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_has_a_host_that_is_written_out() {
        let hosts = [
            ("get.example.com/install.sh", "get.example.com"),
            ("example.com:8080", "example.com:8080"),
            ("localhost:8080/x", "localhost:8080"),
            ("10.0.0.1", "10.0.0.1"),
            ("get.example.com", "get.example.com"),
            ("ftp.example.com/\u{FFFC}", "ftp.example.com"),
        ];
        for (address, host) in hosts {
            assert_eq!(without_scheme(address), Some(host), "{address}");
        }
        for word in [
            "https://example.com/x",
            "\u{FFFC}/x",
            "\u{FFFC}.example.com/x",
            "example.\u{FFFC}/x",
            "tool.zip",
            "install.example.sh",
            "dist/tool.zip",
            "./x",
            "../x",
            "v1.2/tool",
            "host:8080/x",
            "git@example.com:acme/tool",
            "",
        ] {
            assert_eq!(without_scheme(word), None, "{word}");
        }
    }

    #[test]
    fn the_longest_beginning_of_a_host_decides() {
        let schemes = [("", "http"), ("ftp.", "ftp")].map(|(begin, scheme)| (begin.to_owned(), scheme.to_owned()));
        let guess = Guess { schemes: schemes.into(), unless: Default::default() };
        let of = |address: &str| guessed(&Text::literal(address), &guess).masked();
        assert_eq!(of("ftp.example.com/x"), "ftp://ftp.example.com/x");
        assert_eq!(of("example.com/x"), "http://example.com/x");
        assert_eq!(of("https://ftp.example.com/x"), "https://ftp.example.com/x");
    }

    #[test]
    fn a_file_is_named_behind_the_last_slash() {
        for (written, name) in [
            ("https://example.com/$V/$A", "$A"),
            ("pulumi-${lang}/releases/${tag}/${file}", "${file}"),
            ("https://example.com/${A/x/y}.tgz", "${A/x/y}.tgz"),
            ("$A", "$A"),
            ("https://example.com/x-${{ matrix.a }}", "x-${{ matrix.a }}"),
        ] {
            assert_eq!(last_part(written), name);
        }
    }
}
