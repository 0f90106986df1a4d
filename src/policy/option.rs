//! Options of rules: what a rule lets the config say, declared with a default in its metadata.

use serde::Deserialize;
use serde_json::Value;

/// An option that a rule declares. Its default says of which kind it is: a list of texts, a text, a whole number, or a switch.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleOption {
    /// Kebab-case name.
    pub name: String,
    /// What it is where the config says nothing.
    pub default: Value,
    /// What it says, in a sentence.
    pub description: String,
}

/// The same as metadata spells it, below its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    default: Value,
    description: String,
}

impl Declared {
    /// The option of this name.
    ///
    /// # Errors
    /// If the default says of no kind that it is.
    pub(super) fn named(self, name: &str) -> Result<RuleOption, String> {
        let option = RuleOption { name: name.to_owned(), default: self.default, description: self.description };
        match option.takes(&option.default) && !option.kind().is_empty() {
            true => Ok(option),
            false => Err(format!("the default of `{name}` is no list of texts, text, whole number or switch")),
        }
    }
}

impl RuleOption {
    /// Its kind, as a noun; empty for what is none.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.default {
            Value::Array(_) => "a list of texts",
            Value::String(_) => "a text",
            Value::Bool(_) => "`true` or `false`",
            Value::Number(_) => "a whole number",
            Value::Null | Value::Object(_) => "",
        }
    }

    /// Whether a value is of its kind.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        match (&self.default, value) {
            (Value::Array(_), Value::Array(items)) => items.iter().all(Value::is_string),
            (Value::Number(_), Value::Number(number)) => number.is_i64(),
            (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_default_says_what_fits() {
        let option = |default: Value| Declared { default, description: String::new() }.named("a");
        for (default, right, wrong) in [
            (json!([]), json!(["a"]), json!(["a", 1])),
            (json!("a"), json!("b"), json!(5)),
            (json!(5), json!(6), json!(6.5)),
            (json!(false), json!(true), json!("true")),
        ] {
            let option = option(default).expect("a kind");
            assert!(option.takes(&right) && !option.takes(&wrong), "{option:?}");
        }
        for none in [json!(null), json!({}), json!([1]), json!(0.5)] {
            assert!(option(none.clone()).is_err(), "{none}");
        }
    }
}
