"""What a form of the diary lets one choose among."""

from __future__ import annotations

from enum import StrEnum


class Spreading(StrEnum):
    """How fertiliser is given."""

    ROOT = "root"
    LEAF = "leaf"
    WATERED = "watered"


class Weeding(StrEnum):
    """How weeds are taken out; never by a herbicide here, that is a spray."""

    HAND = "hand"
    HOE = "hoe"
    CUTTER = "cutter"


class Pruning(StrEnum):
    """How far the bush is cut back."""

    LIGHT = "light"
    MEDIUM = "medium"
    HARD = "hard"
    TABLE = "table"


class Standard(StrEnum):
    """What the hand takes: the bud alone, with one leaf, with two."""

    BUD = "bud"
    ONE_LEAF = "one_leaf"
    TWO_LEAVES = "two_leaves"


class DoseUnit(StrEnum):
    """What the dose counts."""

    ML_PER_LITRE = "ml_per_litre"
    G_PER_LITRE = "g_per_litre"


class TreatUnit(StrEnum):
    """What a drug's dose counts."""

    G_PER_KG_FEED = "g_per_kg_feed"
    ML_PER_M3 = "ml_per_m3"
    G_PER_M3 = "g_per_m3"


class Sprayer(StrEnum):
    """What it is sprayed with."""

    HAND = "hand"
    BATTERY = "battery"
    MOTOR = "motor"
    DRONE = "drone"


class Weather(StrEnum):
    """The sky while spraying; wind and rain carry a spray away."""

    SUNNY = "sunny"
    CLOUDY = "cloudy"
    WINDY = "windy"
    RAINY = "rainy"


class WaterSource(StrEnum):
    """Where the water of a garden comes from."""

    STREAM = "stream"
    POND = "pond"
    WELL = "well"
    RAIN = "rain"
    TAP = "tap"


class Cleaned(StrEnum):
    """What was cleaned."""

    WATERS = "waters"
    TOOLS = "tools"
    SPRAYER = "sprayer"
    WORKSHOP = "workshop"
    STORE = "store"


class Cleaning(StrEnum):
    """How it was cleaned."""

    WATER = "water"
    SOAP = "soap"
    LIME = "lime"
    DISINFECTANT = "disinfectant"
    SUN = "sun"


class Wasted(StrEnum):
    """What was done away with."""

    PESTICIDE_PACKS = "pesticide_packs"
    BAGS = "bags"
    DEAD_FISH = "dead_fish"
    LEFTOVERS = "leftovers"


class Disposal(StrEnum):
    """Where it went."""

    HAMLET_BIN = "hamlet_bin"
    COLLECTOR = "collector"
    BURIED_LIME = "buried_lime"
    BURNT = "burnt"
    COMPOST = "compost"
