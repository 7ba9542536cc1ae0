//! What a request says outside its body: its query, and the id in its path.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::protocol::error::WireError;

use super::answer::ApiError;

/// A query whose fields may all be missing.
pub(super) struct Params<T>(T);

impl<T> Params<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(req.query_string()).map(Self).map_err(ApiError::from))
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, WireError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| WireError::invalid("query", "cannot be read"))?;
    if let Some((name, _)) = pairs.iter().find(|(_, value)| value.chars().any(char::is_control)) {
        return Err(WireError::invalid(name, "contains a control character"));
    }
    web::Query::from_query(query).map(web::Query::into_inner).map_err(|_| fault::<T>(query, &pairs))
}

/// Which field is to blame: the first that cannot be read even by itself, or one that is there twice.
fn fault<T: DeserializeOwned>(query: &str, pairs: &[(String, String)]) -> WireError {
    let alone = query.split('&').filter(|part| !part.is_empty());
    for (part, (name, _)) in alone.zip(pairs) {
        if web::Query::<T>::from_query(part).is_err() {
            return WireError::invalid(name, "is not of the right kind");
        }
    }
    let twice = pairs.iter().enumerate().find(|(place, (name, _))| pairs.iter().take(*place).any(|(n, _)| n == name));
    match twice {
        Some((_, (name, _))) => WireError::invalid(name, "is there twice"),
        None => WireError::invalid("query", "cannot be read"),
    }
}

/// The id in a path, as [`crate::domain::ids::named`] has it.
pub(super) struct Id(String);

impl Id {
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let given = web::Path::<String>::extract(req).into_inner();
        // What is no text is nothing's id.
        ready(Ok(Self(given.map_or_else(|_| String::new(), |id| crate::domain::ids::named(id.into_inner())))))
    }
}
