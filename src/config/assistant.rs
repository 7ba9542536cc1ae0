//! `[assistant]`: who answers before a human does. The keys are read and checked; no assistant uses them yet.

use serde::Deserialize;

use super::{Kind, Secret, section};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// The built-in knowledge base; needs no key.
    Knowledge,
    /// A server that speaks the Chat Completions interface.
    OpenAi,
    /// A server that speaks the Messages interface.
    Anthropic,
}

section! {
    /// `[assistant]`. Model names and bounds are those of seed 002.
    pub struct Assistant in "assistant" {
        /// Who answers.
        provider: Provider = Provider::Knowledge, Kind::Choice(&["knowledge", "openai", "anthropic"]);
        /// The folder with the articles of `knowledge`; when it does not exist, the articles that ship are used.
        knowledge_dir: String = "config/knowledge".to_owned(), Kind::Path;
        /// Key for `openai`.
        openai_api_key: Option<Secret> = None, Kind::Secret(1);
        /// Where `openai` is reached.
        openai_base_url: String = "https://api.openai.com/v1".to_owned(), Kind::Url(&["https", "http"]);
        /// Model for `openai`.
        openai_model: String = "gpt-3.5-turbo".to_owned(), Kind::Text;
        /// The longest answer of `openai`, tokens.
        openai_max_tokens: u32 = 300, Kind::Int(1, 1_000_000);
        /// How much chance is in the answers of `openai`.
        openai_temperature: f64 = 0.7, Kind::Float(0.0, 2.0);
        /// Key for `anthropic`.
        anthropic_api_key: Option<Secret> = None, Kind::Secret(1);
        /// Where `anthropic` is reached.
        anthropic_base_url: String = "https://api.anthropic.com".to_owned(), Kind::Url(&["https", "http"]);
        /// Model for `anthropic`.
        anthropic_model: String = "claude-3-sonnet-20240229".to_owned(), Kind::Text;
        /// The longest answer of `anthropic`, tokens.
        anthropic_max_tokens: u32 = 300, Kind::Int(1, 1_000_000);
    }
}
