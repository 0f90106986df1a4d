//! Turns anything serialisable into a value of the policy engine, without text in between.

use regorus::Value;
use regorus::value::{Array, Object};
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Display;

/// Why something has no place in a policy's input: a map key that is not text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ValueError(String);

impl ser::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        ValueError(message.to_string())
    }
}

/// The value of `data`. Each field name is made once and shared.
pub(super) fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, ValueError> {
    data.serialize(&Builder::default())
}

#[derive(Default)]
struct Builder {
    keys: RefCell<HashMap<&'static str, Value>>,
}

impl Builder {
    fn key(&self, name: &'static str) -> Value {
        self.keys.borrow_mut().entry(name).or_insert_with(|| Value::from(name)).clone()
    }

    fn tagged(&self, variant: &'static str, value: Value) -> Value {
        let mut object = Object::new();
        object.insert(self.key(variant), value);
        object.into_value()
    }
}

/// A list under construction; `variant` wraps it at the end.
struct List<'a> {
    builder: &'a Builder,
    items: Vec<Value>,
    variant: Option<&'static str>,
}

/// An object under construction; `key` waits for its value.
struct Fields<'a> {
    builder: &'a Builder,
    object: Object,
    key: Option<Value>,
    variant: Option<&'static str>,
}

impl<'a> List<'a> {
    fn new(builder: &'a Builder, len: usize, variant: Option<&'static str>) -> Self {
        List { builder, items: Vec::with_capacity(len), variant }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ValueError> {
        self.items.push(item.serialize(self.builder)?);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = Value::from(Array::from(self.items));
        self.variant.map_or(value.clone(), |v| self.builder.tagged(v, value))
    }
}

impl<'a> Fields<'a> {
    fn new(builder: &'a Builder, variant: Option<&'static str>) -> Self {
        Fields { builder, object: Object::new(), key: None, variant }
    }

    fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ValueError> {
        let value = value.serialize(self.builder)?;
        self.object.insert(self.builder.key(key), value);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = self.object.into_value();
        self.variant.map_or(value.clone(), |v| self.builder.tagged(v, value))
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty as $wide:ty),*) => {
        $(fn $method(self, v: $type) -> Result<Value, ValueError> { Ok(Value::from(<$wide>::from(v))) })*
    };
}

impl<'a> ser::Serializer for &'a Builder {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = Impossible<Value, ValueError>;
    type SerializeTupleVariant = Impossible<Value, ValueError>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    numbers!(serialize_i8: i8 as i64, serialize_i16: i16 as i64, serialize_i32: i32 as i64, serialize_i64: i64 as i64,
        serialize_u8: u8 as u64, serialize_u16: u16 as u64, serialize_u32: u32 as u64, serialize_u64: u64 as u64,
        serialize_f32: f32 as f64, serialize_f64: f64 as f64);

    fn serialize_bool(self, v: bool) -> Result<Value, ValueError> {
        Ok(Value::Bool(v))
    }

    fn serialize_char(self, v: char) -> Result<Value, ValueError> {
        Ok(Value::from(v.to_string()))
    }

    fn serialize_str(self, v: &str) -> Result<Value, ValueError> {
        Ok(Value::from(v))
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::from(v.iter().map(|b| Value::from(u64::from(*b))).collect::<Vec<_>>()))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, ValueError> {
        Ok(self.key(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        Ok(self.tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<List<'a>, ValueError> {
        Ok(List::new(self, len.unwrap_or(0), None))
    }

    fn serialize_tuple(self, len: usize) -> Result<List<'a>, ValueError> {
        Ok(List::new(self, len, None))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, ValueError> {
        Err(ValueError(format!("`{name}` is a tuple, facts have named fields")))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, ValueError> {
        Err(ValueError(format!("`{name}` is a tuple, facts have named fields")))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, ValueError> {
        Ok(Fields::new(self, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, ValueError> {
        Ok(Fields::new(self, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, ValueError> {
        Ok(Fields::new(self, Some(variant)))
    }
}

impl SerializeSeq for List<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ValueError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl SerializeTuple for List<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ValueError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        let key = key.serialize(self.builder)?;
        if !matches!(key, Value::String(_)) {
            return Err(ValueError(format!("map key {key} is not text")));
        }
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let value = value.serialize(self.builder)?;
        if let Some(key) = self.key.take() {
            self.object.insert(key, value);
        }
        Ok(())
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ValueError> {
        self.put(key, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl SerializeStructVariant for Fields<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ValueError> {
        self.put(key, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        TwoWords,
        With { a: u8 },
    }

    #[derive(Serialize)]
    struct Sample {
        text: &'static str,
        list: Vec<i32>,
        map: BTreeMap<String, bool>,
        kinds: (Kind, Kind),
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
        float: f64,
    }

    #[test]
    fn the_same_value_as_through_json() {
        let sample = Sample {
            text: "é",
            list: vec![-1, 2],
            map: [("k".to_owned(), true)].into(),
            kinds: (Kind::TwoWords, Kind::With { a: 3 }),
            absent: None,
            float: 1.5,
        };
        let json = serde_json::to_string(&sample).expect("json");
        let through_json = Value::from_json_str(&json).expect("value");
        assert_eq!(to_value(&sample).expect("value"), through_json);
    }
}
