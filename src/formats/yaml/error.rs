//! The parser's complaints in the words of people who write pipelines.

use super::YamlError;
use crate::source::{FileId, Span};
use granit_parser::ErrorKind;

/// What went wrong at byte `at`.
pub(super) fn explain(file: FileId, source: &str, at: usize, kind: &ErrorKind) -> YamlError {
    let mut start = at.min(source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    let length = source[start..].chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    let (message, help) = words(kind);
    YamlError {
        span: Span::new(file, start..start + length),
        message,
        help: (!help.is_empty()).then(|| help.to_owned()),
        lost: true,
    }
}

fn words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart | E::TabInPlainScalar => {
            ("a tab is used for indentation", "YAML is indented with spaces only")
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::InvalidSimpleKey => {
            ("a `:` stands where no key can be", "put a text with `: ` in it in quotes, and check the indentation")
        }
        E::MappingKeyNotAllowed | E::SimpleKeyExpected => {
            ("a key was expected here", "check the indentation, and that the line has a `:` followed by a space")
        }
        E::ExpectedBlockMappingKey | E::InvalidIndentation => {
            ("this line does not fit into the map around it", "check that it is indented like its neighbours")
        }
        E::ExpectedBlockSequenceEntry => (
            "this line does not fit into the list around it",
            "check that it starts with `- ` and is indented like its neighbours",
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            ("a list item (`- `) stands where none can be", "put the list on lines of its own, or the text in quotes")
        }
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => {
            ("a quote is opened here and never closed", "close it, and check for a quote inside of the text")
        }
        E::InvalidQuotedScalarIndent | E::InvalidFlowScalarIndent => {
            ("the text goes on in a line that is not indented enough", "indent the continuation")
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            ("something stands behind the closing quote", "put the whole value in quotes, or use a block (`|`)")
        }
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => {
            ("an unknown escape in a double-quoted text", "write `\\\\` for a backslash, or use single quotes")
        }
        E::UnclosedFlowCollection { .. }
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping => ("a `[` or `{` is never closed", "close it, or put the text in quotes"),
        E::MismatchedFlowCollectionEnd { .. } | E::MisplacedFlowCollectionEnd => {
            ("a closing `]` or `}` does not fit", "check the brackets, or put the text in quotes")
        }
        E::ExpectedFlowMappingSeparator | E::ExpectedFlowSequenceSeparator => {
            ("a `,` or the closing bracket was expected here", "check the brackets, or put the text in quotes")
        }
        E::RecursionLimitExceeded => ("too many levels of nesting", "no pipeline needs more than 255"),
        E::InvalidBlockScalarIndent => ("the block's lines are not indented alike", "indent every line as much as the first"),
        E::InvalidBlockScalarHeader => ("something stands behind `|` or `>`", "start the text on the next line"),
        E::UnexpectedCharacter { character: '@' | '`' | '%' } => {
            ("a value cannot start with this character", "put the value in quotes")
        }
        E::UnexpectedCharacter { character } => return (format!("the character {character:?} is not allowed here"), ""),
        other => return (other.to_string(), ""),
    };
    (message.to_owned(), help)
}
