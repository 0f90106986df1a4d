//! Values of data files that may be one string or a list of strings.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Words: a list, or one string with spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// One or several of something that is written as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Many(Vec::new())
    }
}

impl<'de, T: FromStr<Err = String>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |s: &str| s.parse::<T>();
        strings(deserializer, |s| parse(s).map(|one| vec![one]), |s| parse(s)).map(Many)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        strings(deserializer, |s| Ok(s.split_whitespace().map(str::to_owned).collect()), |s| Ok(s.to_owned())).map(Words)
    }
}

fn strings<'de, D, T, A, B>(deserializer: D, one: A, each: B) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    A: Fn(&str) -> Result<Vec<T>, String>,
    B: Fn(&str) -> Result<T, String>,
{
    struct Strings<T, A, B>(A, B, PhantomData<T>);
    impl<'de, T, A, B> Visitor<'de> for Strings<T, A, B>
    where
        A: Fn(&str) -> Result<Vec<T>, String>,
        B: Fn(&str) -> Result<T, String>,
    {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a list of strings")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
            (self.0)(text).map_err(E::custom)
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Vec<T>, S::Error> {
            let mut all = Vec::new();
            while let Some(text) = seq.next_element::<String>()? {
                all.push((self.1)(&text).map_err(S::Error::custom)?);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(Strings(one, each, PhantomData))
}

impl JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}
