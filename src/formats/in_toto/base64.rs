//! Base64 as in a DSSE envelope: standard or URL-safe, with or without padding.

/// The text that is encoded; `None` if it is no base64 or no UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for letter in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn rows() {
        for (encoded, plain) in
            [("", Some("")), ("YQ==", Some("a")), ("YWI", Some("ab")), ("w6Q_", Some("ä?")), ("!", None), ("_w", None)]
        {
            assert_eq!(decode(encoded).as_deref(), plain, "{encoded}");
        }
    }
}
