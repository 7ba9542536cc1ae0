//! The whole engine with providers that speak the vendors' interfaces.
