//! Chatbots with their hours and holidays.

use diesel::prelude::*;

use crate::domain::chatbot::Chatbot;
use crate::domain::hours::BusinessHours;
use crate::domain::ids::ChatbotId;
use crate::store::rows::{ChatbotRow, intervals_json, read_exception, read_interval};
use crate::store::schema::{business_hours, chatbots, conversations, holidays};
use crate::store::{Failed, Result};

use super::{Conn, RunQueryDsl};

pub(in crate::store) async fn all(conn: &mut Conn) -> Result<Vec<Chatbot>> {
    let rows: Vec<ChatbotRow> =
        run!(chatbots::table.order(chatbots::id.asc()).select(ChatbotRow::as_select()).load(conn)).failed()?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (mut bot, time_zone) = row.read()?;
        if let Some(time_zone) = time_zone {
            bot.hours = Some(hours(conn, bot.id.as_str(), time_zone).await?);
        }
        found.push(bot);
    }
    Ok(found)
}

async fn hours(conn: &mut Conn, id: &str, time_zone: String) -> Result<BusinessHours> {
    let rows: Vec<(i32, i32, i32)> = run!(
        business_hours::table
            .filter(business_hours::chatbot_id.eq(id))
            .order((business_hours::weekday.asc(), business_hours::from_minute.asc()))
            .select((business_hours::weekday, business_hours::from_minute, business_hours::to_minute))
            .load(conn)
    )
    .failed()?;
    let mut weekly: [Vec<_>; 7] = Default::default();
    for (weekday, from, to) in rows {
        let day = usize::try_from(weekday).ok().and_then(|place| weekly.get_mut(place));
        if let Some(day) = day {
            day.push(read_interval(from, to)?);
        }
    }
    let rows: Vec<(String, String, String)> = run!(
        holidays::table
            .filter(holidays::chatbot_id.eq(id))
            .order(holidays::place.asc())
            .select((holidays::date, holidays::name, holidays::intervals))
            .load(conn)
    )
    .failed()?;
    let exceptions = rows
        .into_iter()
        .map(|(date, name, intervals)| read_exception(date, name, &intervals))
        .collect::<Result<_>>()?;
    Ok(BusinessHours { time_zone, weekly, exceptions })
}

/// Inside a transaction of the caller.
pub(in crate::store) async fn put(conn: &mut Conn, bot: Chatbot) -> Result<()> {
    let row = ChatbotRow::new(&bot);
    run!(
        diesel::insert_into(chatbots::table).values(&row).on_conflict(chatbots::id).do_update().set(&row).execute(conn)
    )
    .failed()?;
    let id = bot.id.as_str();
    clear(conn, id).await?;
    let Some(hours) = &bot.hours else { return Ok(()) };
    for (weekday, intervals) in (0_i32..).zip(&hours.weekly) {
        for interval in intervals {
            let values = (
                business_hours::chatbot_id.eq(id),
                business_hours::weekday.eq(weekday),
                business_hours::from_minute.eq(i32::from(interval.from_minute)),
                business_hours::to_minute.eq(i32::from(interval.to_minute)),
            );
            run!(diesel::insert_into(business_hours::table).values(values).execute(conn)).failed()?;
        }
    }
    for (place, day) in (0_i32..).zip(&hours.exceptions) {
        let values = (
            holidays::chatbot_id.eq(id),
            holidays::place.eq(place),
            holidays::date.eq(&day.date),
            holidays::name.eq(&day.name),
            holidays::intervals.eq(intervals_json(&day.intervals)),
        );
        run!(diesel::insert_into(holidays::table).values(values).execute(conn)).failed()?;
    }
    Ok(())
}

async fn clear(conn: &mut Conn, id: &str) -> Result<()> {
    run!(diesel::delete(business_hours::table.filter(business_hours::chatbot_id.eq(id))).execute(conn)).failed()?;
    run!(diesel::delete(holidays::table.filter(holidays::chatbot_id.eq(id))).execute(conn)).failed()?;
    Ok(())
}

/// Inside a transaction of the caller.
pub(in crate::store) async fn delete(conn: &mut Conn, id: ChatbotId) -> Result<bool> {
    let used: i64 =
        run!(conversations::table.filter(conversations::chatbot_id.eq(id.as_str())).count().get_result(conn))
            .failed()?;
    if used > 0 {
        return Ok(false);
    }
    clear(conn, id.as_str()).await?;
    let gone = run!(diesel::delete(chatbots::table.find(id.as_str())).execute(conn)).failed()?;
    Ok(gone > 0)
}
