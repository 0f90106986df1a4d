//! Records as tables: Parquet for analysts, CSV for spreadsheets. The columns are those of the records, with the ends of a handoff
//! laid flat.

use super::AuditError;
use super::record::{EndRow, FindingRow, HandoffRow, Repo, UseRow};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows that are written at a time.
const GROUP: usize = 20_000;

/// A value.
pub(super) enum Cell {
    Text(String),
    /// Nothing where there could be a text.
    None,
    Number(i64),
    Flag(bool),
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn some(text: Option<impl Into<String>>) -> Cell {
    text.map_or(Cell::None, |t| Cell::Text(t.into()))
}

fn number(n: impl Into<u64>) -> Cell {
    Cell::Number(i64::try_from(n.into()).unwrap_or(i64::MAX))
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Maybe,
    Number,
    Flag,
}

use Kind::{Flag, Maybe, Number, Text};

/// A record that is a row.
pub(super) trait Row {
    /// Name of the table.
    const NAME: &'static str;
    /// Its columns.
    const COLUMNS: &'static [(&'static str, Kind)];
    /// The values, in the order of the columns.
    fn cells(&self) -> Vec<Cell>;
}

impl Row for Repo {
    const NAME: &'static str = "repos";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("repository", Text),
        ("owner", Text),
        ("head", Text),
        ("status", Text),
        ("reason", Maybe),
        ("covered", Flag),
        ("files", Number),
        ("pipelines", Number),
        ("file_errors", Number),
        ("missing", Number),
        ("high", Number),
        ("medium", Number),
        ("low", Number),
        ("info", Number),
        ("accepted", Number),
        ("open", Number),
        ("closed", Number),
        ("unknown", Number),
        ("uses", Number),
        ("tool", Text),
        ("policy", Text),
        ("config", Text),
        ("today", Text),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            text(&self.of.repository),
            text(&self.owner),
            text(&self.of.head),
            text(self.status.name()),
            some(self.reason.as_ref()),
            Cell::Flag(self.is_covered()),
            number(self.files),
            number(self.pipelines),
            number(self.file_errors),
            number(self.missing),
            number(self.high),
            number(self.medium),
            number(self.low),
            number(self.info),
            number(self.accepted),
            number(self.open),
            number(self.closed),
            number(self.unknown),
            number(self.uses),
            text(&self.digests.tool),
            text(&self.digests.policy),
            text(&self.digests.config),
            text(&self.digests.today),
        ]
    }
}

impl Row for FindingRow {
    const NAME: &'static str = "findings";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("repository", Text),
        ("head", Text),
        ("fingerprint", Text),
        ("rule", Text),
        ("family", Text),
        ("severity", Text),
        ("confidence", Text),
        ("persona", Text),
        ("message", Text),
        ("help", Text),
        ("path", Text),
        ("line", Number),
        ("column", Number),
        ("end_line", Number),
        ("end_column", Number),
        ("execution", Maybe),
        ("step", Maybe),
        ("accepted", Maybe),
        ("accepted_reason", Maybe),
        ("accepted_until", Maybe),
        ("related", Text),
        ("evidence", Text),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            text(&self.of.repository),
            text(&self.of.head),
            text(&self.fingerprint),
            text(&self.rule),
            text(&self.family),
            text(self.severity.name()),
            text(self.confidence.name()),
            text(self.persona.name()),
            text(&self.message),
            text(&self.help),
            text(&self.path),
            number(self.line),
            number(self.column),
            number(self.end_line),
            number(self.end_column),
            some(self.execution.as_ref()),
            some(self.step.as_ref()),
            some(self.accepted.map(accepted)),
            some(self.accepted_reason.as_ref()),
            some(self.accepted_until.map(|day| day.to_string())),
            text(serde_json::to_string(&self.related).unwrap_or_default()),
            text(serde_json::to_string(&self.evidence).unwrap_or_default()),
        ]
    }
}

/// The word for a way to accept.
pub(super) fn accepted(kind: crate::finding::SuppressionKind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Row for HandoffRow {
    const NAME: &'static str = "handoffs";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("repository", Text),
        ("head", Text),
        ("artifact", Text),
        ("kind", Text),
        ("carrier", Text),
        ("across", Text),
        ("window", Text),
        ("reason", Text),
        ("guards", Number),
        ("producer_does", Maybe),
        ("producer_tool", Maybe),
        ("producer_path", Maybe),
        ("producer_line", Number),
        ("producer_execution", Maybe),
        ("producer_step", Maybe),
        ("consumer_does", Text),
        ("consumer_tool", Text),
        ("consumer_path", Text),
        ("consumer_line", Number),
        ("consumer_execution", Text),
        ("consumer_step", Text),
    ];

    fn cells(&self) -> Vec<Cell> {
        let none = EndRow::default();
        let (producer, consumer) = (self.producer.as_ref().unwrap_or(&none), &self.consumer);
        let made = |t: &String| some(self.producer.as_ref().map(|_| t.clone()));
        vec![
            text(&self.of.repository),
            text(&self.of.head),
            text(&self.artifact),
            text(&self.kind),
            text(&self.carrier),
            text(&self.across),
            text(&self.window),
            text(&self.reason),
            number(self.guards),
            made(&producer.does),
            made(&producer.tool),
            made(&producer.path),
            number(producer.line),
            made(&producer.execution),
            made(&producer.step),
            text(&consumer.does),
            text(&consumer.tool),
            text(&consumer.path),
            number(consumer.line),
            text(&consumer.execution),
            text(&consumer.step),
        ]
    }
}

impl Row for UseRow {
    const NAME: &'static str = "uses";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("repository", Text),
        ("head", Text),
        ("kind", Text),
        ("name", Text),
        ("inner", Text),
        ("version", Text),
        ("pin", Text),
        ("pinned", Flag),
        ("role", Text),
        ("trusted_owner", Flag),
        ("path", Text),
        ("line", Number),
        ("column", Number),
        ("execution", Text),
        ("step", Text),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            text(&self.of.repository),
            text(&self.of.head),
            text(&self.kind),
            text(&self.name),
            text(&self.inner),
            text(&self.version),
            text(&self.pin),
            Cell::Flag(self.pinned),
            text(&self.role),
            Cell::Flag(self.trusted_owner),
            text(&self.path),
            number(self.line),
            number(self.column),
            text(&self.execution),
            text(&self.step),
        ]
    }
}

/// A Parquet file that rows are added to.
pub(super) struct Parquet {
    writer: SerializedFileWriter<File>,
    columns: &'static [(&'static str, Kind)],
    rows: Vec<Vec<Cell>>,
    path: String,
}

impl Parquet {
    /// A table in a file that is empty.
    pub(super) fn new<R: Row>(path: &Path, file: File) -> Result<Parquet, AuditError> {
        let fields = R::COLUMNS.iter().map(|(name, kind)| match kind {
            Text => format!("REQUIRED BYTE_ARRAY {name} (UTF8);"),
            Maybe => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
            Number => format!("REQUIRED INT64 {name};"),
            Flag => format!("REQUIRED BOOLEAN {name};"),
        });
        let path = path.display().to_string();
        let message = format!("message {} {{ {} }}", R::NAME, fields.collect::<String>());
        let made = parse_message_type(&message).and_then(|schema| {
            let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?)).build();
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
        });
        let writer = made.map_err(|e| failed(&path, &e))?;
        Ok(Parquet { writer, columns: R::COLUMNS, rows: Vec::new(), path })
    }

    /// One row more, of the table that this is.
    pub(super) fn add(&mut self, row: &impl Row) -> Result<(), AuditError> {
        self.rows.push(row.cells());
        if self.rows.len() < GROUP {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), AuditError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        group(&mut self.writer, self.columns, rows).map_err(|e| failed(&self.path, &e))
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<File, AuditError> {
        self.flush()?;
        self.writer.into_inner().map_err(|e| failed(&self.path, &e))
    }
}

fn failed(path: &str, error: &ParquetError) -> AuditError {
    AuditError::File(path.to_owned(), std::io::Error::other(error.to_string()))
}

/// Rows, a column after the other.
fn group(writer: &mut SerializedFileWriter<File>, columns: &[(&str, Kind)], rows: Vec<Vec<Cell>>) -> Result<(), ParquetError> {
    let mut by_column: Vec<Vec<Cell>> = columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        row.into_iter().zip(&mut by_column).for_each(|(cell, column)| column.push(cell));
    }
    let mut group = writer.next_row_group()?;
    for ((_, kind), cells) in columns.iter().zip(by_column) {
        let Some(mut column) = group.next_column()? else { break };
        match kind {
            Text | Maybe => {
                let levels: Vec<i16> = cells.iter().map(|c| i16::from(matches!(c, Cell::Text(_)))).collect();
                let texts = cells.into_iter().filter_map(|c| match c {
                    Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
                    _ => None,
                });
                let texts: Vec<ByteArray> = texts.collect();
                column.typed::<ByteArrayType>().write_batch(&texts, (*kind == Maybe).then_some(&levels), None)?;
            }
            Number => {
                let numbers: Vec<i64> = cells.iter().map(|c| if let Cell::Number(n) = c { *n } else { 0 }).collect();
                column.typed::<Int64Type>().write_batch(&numbers, None, None)?;
            }
            Flag => {
                let flags: Vec<bool> = cells.iter().map(|c| matches!(c, Cell::Flag(true))).collect();
                column.typed::<BoolType>().write_batch(&flags, None, None)?;
            }
        }
        column.close()?;
    }
    group.close().map(drop)
}

/// The line with the names of the columns.
pub(super) fn csv_head<R: Row>() -> String {
    R::COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n"
}

/// A row as a line of CSV. A text that a spreadsheet would take for a formula gets an apostrophe.
pub(super) fn csv_line(row: &impl Row) -> String {
    let cell = |cell: Cell| match cell {
        Cell::Text(text) => quoted(&text),
        Cell::None => String::new(),
        Cell::Number(n) => n.to_string(),
        Cell::Flag(flag) => flag.to_string(),
    };
    row.cells().into_iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
}

fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn spreadsheets_get_no_formulas() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(quoted("@sum"), "\"'@sum\"");
    }
}
