//! The articles that ship inside the program, for when there is no folder of one's own.

/// An id and the file's text.
macro_rules! shipped {
    ($id:literal) => {
        ($id, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/knowledge/", $id, ".md")))
    };
}

/// The list of synonyms that ships.
pub const SHIPPED_SYNONYMS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/knowledge/synonyms.txt"));

/// Every file of `config/knowledge`, by id; a test holds the two together.
pub const SHIPPED: &[(&str, &str)] = &[
    shipped!("agent-capacity"),
    shipped!("agent-status"),
    shipped!("agents-and-teams"),
    shipped!("business-hours"),
    shipped!("close-codes"),
    shipped!("closing-conversations"),
    shipped!("connect-your-website"),
    shipped!("database"),
    shipped!("demo-opening-hours"),
    shipped!("demo-payment"),
    shipped!("demo-returns"),
    shipped!("demo-rueckgabe"),
    shipped!("demo-shipping"),
    shipped!("demo-versand"),
    shipped!("getting-started"),
    shipped!("library-use"),
    shipped!("limits"),
    shipped!("offers"),
    shipped!("privacy-and-logs"),
    shipped!("reconnecting"),
    shipped!("restart-and-shutdown"),
    shipped!("routing-modes"),
    shipped!("settings"),
    shipped!("talk-to-a-person"),
    shipped!("tokens-and-login"),
    shipped!("transcripts-and-ratings"),
    shipped!("waiting-time"),
    shipped!("what-is-switchboard"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::knowledge::articles::Article;

    #[test]
    fn every_article_of_the_folder_ships_and_can_be_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/knowledge");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = files.filter(|file| file.ends_with(".md")).collect();
        files.sort();
        let shipped: Vec<String> = SHIPPED.iter().map(|(id, _)| format!("{id}.md")).collect();
        assert_eq!(files, shipped);
        for (id, text) in SHIPPED {
            let article = Article::parse(id, text.as_bytes()).unwrap();
            assert!(!article.tags.is_empty() && article.title != *id, "{id}");
        }
    }
}
