//! A config file as a tree with places, the same for YAML and TOML.

use super::de::Error;
use crate::formats::yaml::{Kind, NodeRef, Style, Yaml};
use crate::source::FileId;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with the bytes at which it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    /// As it is written, and what it is if a number or boolean will do.
    Scalar(String, Plain),
    List(Vec<Node>),
    /// Keys and values, in order.
    Map(Vec<(Node, Node)>),
}

/// What a scalar is where nothing says what it should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Plain {
    Text,
    Bool(bool),
    Integer(i64),
    Float(f64),
}

fn text(text: &str) -> Value {
    Value::Scalar(text.to_owned(), Plain::Text)
}

impl Node {
    /// Reads YAML; an empty file is an empty map.
    pub(super) fn from_yaml(source: &str) -> Result<Node, Error> {
        let yaml = Yaml::parse(FileId::default(), source);
        if let Some(wrong) = yaml.errors.first() {
            let help = wrong.help.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
            return Err(Error::new(wrong.span.range(), format!("{}{help}", wrong.message)));
        }
        if let Some(twice) = yaml.duplicates.first() {
            return Err(Error::new(twice.span.range(), format!("the key `{}` stands here a second time", twice.name)));
        }
        let mut documents = yaml.documents();
        let first = documents.next().map_or(Node { span: 0..0, value: Value::Null }, of_yaml);
        match documents.next() {
            Some(second) => Err(Error::new(second.span().range(), "a config file is one document".to_owned())),
            None => Ok(first),
        }
    }

    /// Reads TOML.
    pub(super) fn from_toml(source: &str) -> Result<Node, Error> {
        let table = DeTable::parse(source).map_err(|e| Error { span: e.span(), message: e.message().replace('\n', ", ") })?;
        Ok(Node { span: table.span(), value: of_table(table.get_ref()) })
    }
}

fn of_yaml(node: NodeRef<'_>) -> Node {
    let value = match node.kind() {
        Kind::Null => Value::Null,
        Kind::Scalar => Value::Scalar(node.text().to_owned(), plain(node)),
        Kind::List => Value::List(node.items().map(of_yaml).collect()),
        Kind::Map => Value::Map(node.entries().into_iter().map(|e| (key(e.key), of_yaml(e.value))).collect()),
    };
    Node { span: node.place().range(), value }
}

fn key(node: NodeRef<'_>) -> Node {
    Node { span: node.place().range(), value: text(node.text()) }
}

fn plain(node: NodeRef<'_>) -> Plain {
    if node.style() != Some(Style::Plain) {
        return Plain::Text;
    }
    let text = node.text();
    let float = || text.parse().ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit() || c == '-')).map(Plain::Float);
    node.as_bool().map(Plain::Bool).or_else(|| text.parse().ok().map(Plain::Integer)).or_else(float).unwrap_or(Plain::Text)
}

fn of_toml(value: &Spanned<DeValue<'_>>) -> Node {
    let scalar = |text: &str, plain| Value::Scalar(text.to_owned(), plain);
    let inner = match value.get_ref() {
        DeValue::String(string) => text(string),
        DeValue::Integer(i) => scalar(i.as_str(), i64::from_str_radix(i.as_str(), i.radix()).map_or(Plain::Text, Plain::Integer)),
        DeValue::Float(f) => scalar(f.as_str(), f.as_str().parse().map_or(Plain::Text, Plain::Float)),
        DeValue::Boolean(b) => scalar(if *b { "true" } else { "false" }, Plain::Bool(*b)),
        DeValue::Datetime(date) => text(&date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(of_toml).collect()),
        DeValue::Table(table) => of_table(table),
    };
    Node { span: value.span(), value: inner }
}

fn of_table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<_> =
        table.iter().map(|(key, value)| (Node { span: key.span(), value: text(key.get_ref()) }, of_toml(value))).collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    Value::Map(entries)
}
