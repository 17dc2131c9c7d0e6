"""The settings: what there is, and how they are read."""

from bot.config.loading import CONFIG_FILE, SettingsError, keys, load_settings
from bot.config.sections import (
    F5,
    Audio,
    Bilibili,
    BilibiliOpen,
    Chat,
    Commands,
    Engine,
    Queue,
    Rules,
    Settings,
    Speech,
    Templates,
    Twitch,
    Viewers,
    Web,
)

__all__ = [
    "CONFIG_FILE",
    "F5",
    "Audio",
    "Bilibili",
    "BilibiliOpen",
    "Chat",
    "Commands",
    "Engine",
    "Queue",
    "Rules",
    "Settings",
    "SettingsError",
    "Speech",
    "Templates",
    "Twitch",
    "Viewers",
    "Web",
    "keys",
    "load_settings",
]
