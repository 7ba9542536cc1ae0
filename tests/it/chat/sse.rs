//! A reader of server-sent events.

use std::time::Duration;

use serde_json::Value;

/// Nothing in the tests takes this long; it turns a hang into a failure.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Sse {
    pub response: reqwest::Response,
    text: String,
    /// Comment lines so far.
    pub comments: usize,
}

impl Sse {
    pub fn new(response: reqwest::Response) -> Self {
        Self { response, text: String::new(), comments: 0 }
    }

    /// The next event with its data; none at the end of the stream.
    pub async fn try_next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if block.starts_with(':') {
                    self.comments += 1;
                    return Some((":".to_owned(), Value::Null));
                }
                let (name, data) = block.split_once('\n').unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                return Some((name, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap()));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("nothing came").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event, which must have this name.
    pub async fn next(&mut self, name: &str) -> Value {
        let (found, data) = self.try_next().await.expect("the stream has ended");
        assert_eq!(found, name, "{data}");
        data
    }

    /// All that is left, by name.
    pub async fn rest(&mut self) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        while let Some(event) = self.try_next().await {
            all.push(event);
        }
        all
    }
}
