//! Row by row: read, made ours, compared with what is there, put in its place, counted.

use rusqlite::types::Value;
use rusqlite::{Row as SqlRow, params_from_iter};
use zeroize::Zeroizing;

use super::Importer;
use super::cells::{Around, Found, Rule, take};
use super::placeholders;
use super::report::{Outcome, Reason, TableReport};
use super::source::{Shape, Source, quoted};
use super::tables::{Table, Way};
use crate::{StoreError, row};

/// Why a row stops.
pub(super) enum Stop {
    /// It alone: the reason goes into the report.
    Row(Outcome, Reason),
    /// The whole import.
    All(StoreError),
}

impl Stop {
    pub(super) fn refused(reason: impl Into<Reason>) -> Self {
        Self::Row(Outcome::Refused, reason.into())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::All(error)
    }
}

/// A row as the source has it, by the names of our columns.
pub(super) struct Incoming {
    cells: Vec<(&'static str, Found)>,
}

impl Incoming {
    /// The cell of one of our columns, or of one that the step reads.
    pub(super) fn get(&self, name: &str) -> &Found {
        self.cells.iter().find(|(known, _)| *known == name).map_or(&Found::Missing, |(_, found)| found)
    }
}

/// A row of ours in the making, cell by cell as the table's columns stand.
#[derive(Default)]
pub(super) struct Made {
    pub(super) values: Vec<Value>,
    pub(super) telling: Vec<bool>,
    /// What a sealed cell holds; it is sealed for its place when it is written.
    pub(super) secrets: Vec<Option<Zeroizing<Vec<u8>>>>,
    pub(super) notes: Vec<Reason>,
}

/// What a table's step works on.
pub(super) struct Making<'m, 'i> {
    pub(super) importer: &'m Importer<'i>,
    pub(super) table: &'static Table,
    pub(super) incoming: &'m Incoming,
    pub(super) made: &'m mut Made,
}

impl Making<'_, '_> {
    fn index(&self, column: &str) -> Option<usize> {
        self.table.columns.iter().position(|known| known.name == column)
    }

    /// A cell as text; empty where it is none.
    pub(super) fn text(&self, column: &str) -> String {
        match self.value(column) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.made.values.get(self.index(column)?)
    }

    /// Takes a cell out, leaving nothing.
    pub(super) fn take(&mut self, column: &str) -> Value {
        let place = self.index(column).and_then(|index| self.made.values.get_mut(index));
        place.map_or(Value::Null, |place| std::mem::replace(place, Value::Null))
    }

    pub(super) fn set(&mut self, column: &str, value: impl Into<Value>) {
        if let Some(place) = self.index(column).and_then(|index| self.made.values.get_mut(index)) {
            *place = value.into();
        }
    }

    /// A cell whose difference makes no other row.
    pub(super) fn untold(&mut self, column: &str) {
        if let Some(place) = self.index(column).and_then(|index| self.made.telling.get_mut(index)) {
            *place = false;
        }
    }

    pub(super) fn secret(&self, column: &str) -> Option<&[u8]> {
        Some(self.made.secrets.get(self.index(column)?)?.as_ref()?.as_slice())
    }

    pub(super) fn note(&mut self, note: impl Into<Reason>) {
        self.made.notes.push(note.into());
    }
}

/// Takes over one table; the account goes into the report.
pub(super) fn take_table(
    importer: &Importer<'_>,
    table: &'static Table,
    shape: &Shape,
    name: &str,
) -> Result<TableReport, StoreError> {
    let mut report = TableReport::new(table.name);
    if let Way::Never(why) = table.way {
        let rows = importer.source.count(name, None)?;
        report.refuse_all(rows, why);
        return Ok(report);
    }
    let reading = Reading::new(table, shape);
    let source: &Source = importer.source;
    let mut statement = source.conn.prepare(&reading.sql(name)).map_err(|e| source.failed(e))?;
    let mut rows = statement.query([]).map_err(|e| source.failed(e))?;
    while let Some(sql_row) = rows.next().map_err(|e| source.failed(e))? {
        if report.found >= source.rows_max {
            return Err(source.impossible(name));
        }
        let incoming = reading.read(sql_row).map_err(|e| source.failed(e))?;
        let shown = table
            .key
            .iter()
            .filter_map(|key| incoming.get(key).text())
            .map(|(text, _)| text)
            .collect::<Vec<_>>()
            .join("/");
        let taken = take_row(importer, table, &incoming);
        match &taken {
            Ok(_) => placeholders::follow(importer, table, &incoming, Outcome::Imported),
            Err(Stop::Row(outcome, _)) => placeholders::follow(importer, table, &incoming, *outcome),
            Err(Stop::All(_)) => {}
        }
        match taken {
            Ok(made) => {
                report.count(Outcome::Imported);
                for note in &made.notes {
                    report.explain(Outcome::Imported, note, &shown);
                }
            }
            Err(Stop::Row(outcome, reason)) => {
                report.count(outcome);
                if !reason.is_empty() {
                    report.explain(outcome, &reason, &shown);
                }
            }
            Err(Stop::All(error)) => return Err(error),
        }
    }
    Ok(report)
}

/// Which columns are read from one source, and how.
struct Reading {
    /// Our name, the source's, the most bytes.
    columns: Vec<(&'static str, String, u64)>,
    /// Ours that the source does not have.
    missing: Vec<&'static str>,
}

impl Reading {
    fn new(table: &'static Table, shape: &Shape) -> Self {
        let mut reading = Self { columns: Vec::new(), missing: Vec::new() };
        let find = |name: &str| shape.columns.iter().find(|known| known.eq_ignore_ascii_case(name));
        for column in table.columns {
            let names = std::iter::once(&column.name).chain(column.from);
            match names.into_iter().find_map(|name| find(name)) {
                Some(theirs) => reading.columns.push((column.name, theirs.clone(), column.bytes_max)),
                None => reading.missing.push(column.name),
            }
        }
        for name in table.reads {
            if let Some(theirs) = find(name) {
                reading.columns.push((name, theirs.clone(), 1 << 20));
            }
        }
        reading
    }

    /// A cell above its limit is measured and not read. No index is used: an index may be damaged, or a trap.
    fn sql(&self, table: &str) -> String {
        let mut parts = Vec::with_capacity(self.columns.len() * 2);
        for (_, theirs, most) in &self.columns {
            let theirs = quoted(theirs);
            parts.push(format!(
                "CASE WHEN octet_length({theirs}) <= {most} THEN {theirs} END, octet_length({theirs}) > {most}"
            ));
        }
        if parts.is_empty() {
            parts.push("NULL, NULL".to_owned());
        }
        format!("SELECT {} FROM {} NOT INDEXED", parts.join(", "), quoted(table))
    }

    fn read(&self, sql_row: &SqlRow<'_>) -> Result<Incoming, rusqlite::Error> {
        let mut cells = Vec::with_capacity(self.columns.len() + self.missing.len());
        for (index, (ours, _, _)) in self.columns.iter().enumerate() {
            let too_long = sql_row.get::<_, Option<bool>>(index * 2 + 1)?.unwrap_or(false);
            cells.push((*ours, if too_long { Found::TooLong } else { Found::read(sql_row.get_ref(index * 2)?) }));
        }
        cells.extend(self.missing.iter().map(|ours| (*ours, Found::Missing)));
        Ok(Incoming { cells })
    }
}

/// Makes a row ours and puts it in its place.
fn take_row(importer: &Importer<'_>, table: &'static Table, incoming: &Incoming) -> Result<Made, Stop> {
    let mut made = Made::default();
    for column in table.columns {
        let found = incoming.get(column.name);
        let or = match column.rule {
            Rule::Stamp { or } | Rule::Millis { or } => or,
            _ => None,
        };
        let other = or.and_then(|or| {
            let index = table.columns.iter().position(|known| known.name == or)?;
            made.values.get(index).cloned()
        });
        let around = Around { column: column.name, now: &importer.now, now_ms: importer.now_ms, other };
        let mut taken = take(&column.rule, found, &around).map_err(Stop::refused)?;
        match (&column.rule, &taken.value) {
            (Rule::Parent(parent), Value::Text(id)) if !importer.exists(parent, id)? => {
                return Err(Stop::refused(format!(
                    "{} points to a row of {parent} that did not come over",
                    column.name
                )));
            }
            (Rule::ParentOrNone("issues"), Value::Text(id)) if !importer.exists("issues", id)? => {
                return Err(Stop::refused(format!("{} points to a row of issues that did not come over", column.name)));
            }
            (Rule::ParentOrNone(parent), Value::Text(id)) if !importer.exists(parent, id)? => {
                taken.value = Value::Null;
                taken.note = Some(format!("{} points to a row of {parent} that did not come over", column.name).into());
            }
            _ => {}
        }
        let mut secret = None;
        if let Rule::Sealed { required, again } = column.rule {
            let id = match made.values.first() {
                Some(Value::Text(id)) => id.as_str(),
                _ => "",
            };
            secret = open_secret(importer, table, column.name, id, found, &mut made.notes, (required, again))?;
            // What was not opened says nothing of what is stored.
            taken.telling = secret.is_some() || found.filled().is_none();
        }
        made.notes.extend(taken.note);
        made.values.push(taken.value);
        made.telling.push(taken.telling && column.telling);
        made.secrets.push(secret);
    }
    if let Some(step) = table.step {
        step(&mut Making { importer, table, incoming, made: &mut made })?;
    }
    place(importer, table, &mut made)?;
    Ok(made)
}

/// Opens a sealed cell. A column that held clear text in one version is taken as such.
fn open_secret(
    importer: &Importer<'_>,
    table: &Table,
    column: &str,
    id: &str,
    found: &Found,
    notes: &mut Vec<Reason>,
    (required, again): (bool, &str),
) -> Result<Option<Zeroizing<Vec<u8>>>, Stop> {
    let Some(sealed) = found.filled() else {
        return if required { Err(Stop::refused(format!("{column} is missing"))) } else { Ok(None) };
    };
    if importer.is_clear(table.name, column) {
        return Ok(Some(Zeroizing::new(sealed.into_bytes())));
    }
    match importer.secrets.open(table.name, column, id, &sealed) {
        Some(opened) => {
            if opened.was_public {
                notes.push(format!("{column} was sealed with a published key: replace it where it is used").into());
            }
            Ok(Some(opened.plain))
        }
        None if required => {
            Err(Stop::refused(format!("{column} does not open: import again with --encryption-key-stdin, or {again}")))
        }
        None => {
            notes.push(format!("{column} does not open and is left out: {again}").into());
            Ok(None)
        }
    }
}

/// Compares with what is stored, or writes.
fn place(importer: &Importer<'_>, table: &'static Table, made: &mut Made) -> Result<(), Stop> {
    let conn = &importer.tx.conn;
    let key: Vec<(&str, Value)> = table
        .key
        .iter()
        .filter_map(|name| Some((*name, made.values.get(table.columns.iter().position(|c| c.name == *name)?)?.clone())))
        .collect();
    let condition = |names: &[&str]| {
        names.iter().enumerate().map(|(n, name)| format!("{name} = ?{}", n + 1)).collect::<Vec<_>>().join(" AND ")
    };
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {} WHERE {}", names.join(", "), table.name, condition(table.key));
    let stored = row::first(conn, &sql, params_from_iter(key.iter().map(|(_, value)| value)), |row| {
        let mut same = true;
        for (index, column) in table.columns.iter().enumerate() {
            if same && made.telling.get(index).copied().unwrap_or(false) {
                same = equal(importer, table, column.name, row, index, made)?;
            }
        }
        Ok(same)
    })?;
    match stored {
        Some(true) => return Err(Stop::Row(Outcome::AlreadyThere, Reason::Borrowed(""))),
        Some(false) => {
            return Err(Stop::Row(Outcome::KeptOurs, "the store has this row with another content".into()));
        }
        None => placeholders::expect_same(importer, table, made)?,
    }
    for (columns, why) in table.unique {
        let values: Vec<&Value> = columns
            .iter()
            .filter_map(|name| made.values.get(table.columns.iter().position(|c| c.name == *name)?))
            .collect();
        let sql = format!("SELECT 1 FROM {} WHERE {}", table.name, condition(columns));
        if row::first(conn, &sql, params_from_iter(values), |_| Ok(()))?.is_some() {
            return Err(Stop::Row(Outcome::KeptOurs, (*why).into()));
        }
    }
    if let Way::Trail = table.way {
        return Ok(super::trail::append(importer, made)?);
    }
    seal(importer, table, made)?;
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), marks.join(", "));
    match row::execute(conn, &sql, params_from_iter(&made.values)) {
        Ok(_) => Ok(()),
        Err(StoreError::Sql(e)) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            Err(Stop::refused("the store's rules do not allow it"))
        }
        Err(other) => Err(other.into()),
    }
}

/// Whether the stored cell holds what the incoming one does.
fn equal(
    importer: &Importer<'_>,
    table: &Table,
    column: &str,
    row: &SqlRow<'_>,
    index: usize,
    made: &Made,
) -> Result<bool, StoreError> {
    let stored = row.get_ref(index)?;
    if let Some(Some(plain)) = made.secrets.get(index) {
        let (Ok(sealed), Some(Value::Text(id))) = (stored.as_str(), made.values.first()) else { return Ok(false) };
        let opened = importer.tx.column_cipher().open(table.name, column, id, sealed);
        return Ok(opened.is_ok_and(|opened| *opened == **plain));
    }
    Ok(match (made.values.get(index), Found::read(stored)) {
        (Some(Value::Null), Found::Null) => true,
        (Some(Value::Integer(a)), Found::Integer(b)) => *a == b,
        (Some(Value::Real(a)), Found::Real(b)) => *a == b,
        (Some(Value::Text(a)), Found::Text(b, _)) => *a == b,
        (Some(Value::Blob(a)), Found::Blob(b)) => *a == b,
        _ => false,
    })
}

/// Seals what was opened, for its place in this store.
fn seal(importer: &Importer<'_>, table: &'static Table, made: &mut Made) -> Result<(), Stop> {
    let Some(Value::Text(id)) = made.values.first().cloned() else { return Ok(()) };
    for (index, column) in table.columns.iter().enumerate() {
        let Some(Some(plain)) = made.secrets.get(index) else { continue };
        let sealed =
            importer.tx.column_cipher().seal(table.name, column.name, &id, plain).map_err(|source| {
                StoreError::Column { table: table.name, column: column.name, id: id.clone(), source }
            })?;
        if let Some(place) = made.values.get_mut(index) {
            *place = sealed.into();
        }
    }
    Ok(())
}
