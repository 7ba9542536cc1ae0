//! One place for each key: name, type, default, allowed values and documentation.

/// Declares a section: a plain struct, its `Default`, and the table of its keys.
///
/// Each key is `name: type = default, kind;`. The defaults are repeated in `config/default.toml`, where people read
/// them; a test holds the two together.
macro_rules! section {
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $section:literal {
            $( $(#[$key_meta:meta])* $key:ident : $type:ty = $default:expr, $kind:expr; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $( $(#[$key_meta])* pub $key: $type, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $key: $default, )* }
            }
        }

        impl $name {
            pub(super) const KEYS: &[crate::config::Key] = &[
                $( crate::config::Key { section: $section, name: stringify!($key), kind: $kind }, )*
            ];
        }
    };
}
pub(super) use section;
