//! Words in messages and in customers' names.

use crate::domain::conversation::ConversationStatus;
use crate::store::{Cursor, Found, Reach, Result, StoreError};

use super::{Conn, batch};
use crate::store::rows::FoundRow;

/// The condition for a reach, on the conversation `c` and the placeholder that holds who asks.
pub(in crate::store) fn reach_sql(reach: &Reach, who: &str) -> String {
    let takes_part = format!(
        "EXISTS (SELECT 1 FROM participants p WHERE p.conversation_id = c.id AND p.user_id = {who} \
                 AND p.left_at IS NULL)"
    );
    match reach {
        // The placeholder is bound all the same.
        Reach::All => format!("{who} IS NOT NULL"),
        Reach::Customer(_) => format!("((c.kind = 'support' AND c.customer_id = {who}) OR {takes_part})"),
        Reach::People(_) => format!("(c.kind <> 'support' AND {takes_part})"),
        Reach::Agent(_) => format!(
            "(c.assigned_agent_id = {who} OR c.status IN ('WAITING_FOR_AGENT', 'OFFERED') \
             OR (c.status = 'ACTIVE' AND c.escalation_requested) OR c.kind = 'guest_staff' OR {takes_part})"
        ),
    }
}

/// Who asks, to be bound.
pub(in crate::store) fn reach_who(reach: &Reach) -> String {
    match reach {
        Reach::All => String::new(),
        Reach::Agent(id) | Reach::Customer(id) | Reach::People(id) => id.to_string(),
    }
}

pub(in crate::store) async fn messages(
    conn: &mut Conn,
    terms: Vec<String>,
    reach: Reach,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Found>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let (at, id) = after.map_or((i64::MAX, String::new()), |cursor| (cursor.at.as_millis(), cursor.id));
    let rows: Vec<FoundRow> = batch::found_messages(conn, &terms, &reach, (at, &id), limit).await?;
    rows.into_iter()
        .map(|row| {
            let status = ConversationStatus::parse(&row.status)
                .ok_or_else(|| StoreError::Corrupt(format!("conversations.status: unknown value {:?}", row.status)))?;
            Ok(Found { message: row.message.read()?, customer_name: row.customer_name, status })
        })
        .collect()
}

pub(in crate::store) async fn names(
    conn: &mut Conn,
    terms: Vec<String>,
    reach: Reach,
    limit: i64,
) -> Result<Vec<String>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    batch::found_names(conn, &terms, &reach, limit).await
}
