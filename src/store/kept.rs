//! Statements of constant text whose parameters are columns: prepared once on a connection of PostgreSQL, whatever the
//! number of rows, so that a batch costs one round trip for each.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Untyped};

/// One column of values.
pub(super) enum Column<'a> {
    Texts(Vec<&'a str>),
    MaybeTexts(Vec<Option<&'a str>>),
    Numbers(Vec<i64>),
    MaybeNumbers(Vec<Option<i64>>),
    Flags(Vec<bool>),
}

/// A statement with `?` where each column goes, in order.
pub(super) struct Kept<'a> {
    text: &'static str,
    columns: Vec<Column<'a>>,
}

impl<'a> Kept<'a> {
    /// A statement that is planned for its parameters each time (see `plan_cache_mode` where connections are made).
    pub const fn new(text: &'static str, columns: Vec<Column<'a>>) -> Self {
        Self { text, columns }
    }
}

impl QueryFragment<Pg> for Kept<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut columns = self.columns.iter();
        for (place, piece) in self.text.split('?').enumerate() {
            if place > 0 {
                match columns.next() {
                    Some(Column::Texts(values)) => out.push_bind_param::<Array<Text>, _>(values)?,
                    Some(Column::MaybeTexts(values)) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                    Some(Column::Numbers(values)) => out.push_bind_param::<Array<BigInt>, _>(values)?,
                    Some(Column::MaybeNumbers(values)) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                    Some(Column::Flags(values)) => out.push_bind_param::<Array<Bool>, _>(values)?,
                    None => out.push_sql("NULL"),
                }
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Kept<'_> {
    type QueryId = ();
    /// Found again by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Kept<'_> {
    type SqlType = Untyped;
}
