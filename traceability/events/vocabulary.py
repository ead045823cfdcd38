"""Words of the Core Business Vocabulary 2.0 and of the GS1 Web Vocabulary that may stand bare in a JSON-LD event."""

from __future__ import annotations

from collections.abc import Mapping

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"
EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})
BIZ_STEPS = frozenset(
    {
        "accepting",
        "arriving",
        "assembling",
        "collecting",
        "commissioning",
        "consigning",
        "creating_class_instance",
        "cycle_counting",
        "decommissioning",
        "departing",
        "destroying",
        "disassembling",
        "dispensing",
        "encoding",
        "entering_exiting",
        "holding",
        "inspecting",
        "installing",
        "killing",
        "loading",
        "other",
        "packing",
        "picking",
        "receiving",
        "removing",
        "repackaging",
        "repairing",
        "replacing",
        "reserving",
        "retail_selling",
        "shipping",
        "staging_outbound",
        "stock_taking",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
        "void_shipping",
        "sensor_reporting",
        "sampling",
    }
)
"""CBV 2.0, 7.1."""

DISPOSITIONS = frozenset(
    {
        "active",
        "container_closed",
        "damaged",
        "destroyed",
        "dispensed",
        "disposed",
        "encoded",
        "expired",
        "in_progress",
        "in_transit",
        "inactive",
        "no_pedigree_match",
        "non_sellable_other",
        "partially_dispensed",
        "recalled",
        "reserved",
        "retail_sold",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "stolen",
        "unknown",
        "available",
        "completeness_verified",
        "completeness_inferred",
        "conformant",
        "container_open",
        "mismatch_instance",
        "mismatch_class",
        "mismatch_quantity",
        "needs_replacement",
        "non_conformant",
        "unavailable",
    }
)
"""CBV 2.0, 7.2."""

BIZ_TRANSACTION_TYPES = frozenset(
    {
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    }
)
"""CBV 2.0, 7.3."""

SOURCE_DEST_TYPES = frozenset(
    {
        "owning_party",
        "possessing_party",
        "location",
    }
)
"""CBV 2.0, 7.4."""

ERROR_REASONS = frozenset(
    {
        "did_not_occur",
        "incorrect_data",
    }
)
"""CBV 2.0, 7.5."""

COMPONENTS = frozenset(
    {
        "x",
        "y",
        "z",
        "axial_distance",
        "azimuth",
        "height",
        "spherical_radius",
        "polar_angle",
        "elevation_angle",
        "easting",
        "northing",
        "latitude",
        "longitude",
        "altitude",
    }
)
"""CBV 2.0, 7.6: parts of a measurement."""

MEASUREMENT_TYPES = frozenset(
    {
        "AbsoluteHumidity",
        "AbsorbedDose",
        "AbsorbedDoseRate",
        "Acceleration",
        "Radioactivity",
        "Altitude",
        "AmountOfSubstance",
        "AmountOfSubstancePerUnitVolume",
        "Angle",
        "AngularAcceleration",
        "AngularMomentum",
        "AngularVelocity",
        "Area",
        "Capacitance",
        "Conductance",
        "Conductivity",
        "Count",
        "Density",
        "Dimensionless",
        "DoseEquivalent",
        "DoseEquivalentRate",
        "DynamicViscosity",
        "ElectricCharge",
        "ElectricCurrent",
        "ElectricCurrentDensity",
        "ElectricFieldStrength",
        "Energy",
        "Exposure",
        "Force",
        "Frequency",
        "Illuminance",
        "Inductance",
        "Irradiance",
        "KinematicViscosity",
        "Length",
        "LinearMomentum",
        "Luminance",
        "LuminousFlux",
        "LuminousIntensity",
        "MagneticFlux",
        "MagneticFluxDensity",
        "MagneticVectorPotential",
        "Mass",
        "MassConcentration",
        "MassFlowRate",
        "MassPerAreaTime",
        "MemoryCapacity",
        "MolalityOfSolute",
        "MolarEnergy",
        "MolarMass",
        "MolarVolume",
        "Power",
        "Pressure",
        "RadiantFlux",
        "RadiantIntensity",
        "RelativeHumidity",
        "Resistance",
        "Resistivity",
        "SolidAngle",
        "SpecificVolume",
        "Speed",
        "SurfaceDensity",
        "SurfaceTension",
        "Temperature",
        "Time",
        "Torque",
        "Voltage",
        "Volume",
        "VolumeFlowRate",
        "VolumeFraction",
        "VolumetricFlux",
        "Wavenumber",
    }
)
"""GS1 Web Vocabulary: kinds of measurement."""

SENSOR_ALERTS = frozenset(
    {
        "ALARM_CONDITION",
        "ERROR_CONDITION",
    }
)
"""GS1 Web Vocabulary: alerts of a sensor."""

_SPELLED = {
    "BizStep-": ("bizstep", BIZ_STEPS),
    "Disp-": ("disp", DISPOSITIONS),
    "BTT-": ("btt", BIZ_TRANSACTION_TYPES),
    "SDT-": ("sdt", SOURCE_DEST_TYPES),
    "ER-": ("er", ERROR_REASONS),
    "Comp-": ("component", COMPONENTS),
}
_FIELDS = {
    "bizStep": "BizStep-",
    "disposition": "Disp-",
    "bizTransaction": "BTT-",
    "sourceDest": "SDT-",
    "reason": "ER-",
    "component": "Comp-",
}


def _spellings() -> Mapping[tuple[str, str], str]:
    """Every accepted spelling of a term, by field: bare, CURIE, CBV 1.x URN and whole address -> whole address."""
    found: dict[tuple[str, str], str] = {}
    for field, prefix in _FIELDS.items():
        urn, words = _SPELLED[prefix]
        for word in words:
            whole = CBV + prefix + word
            for spelling in (word, whole, f"cbv:{prefix}{word}", f"urn:epcglobal:cbv:{urn}:{word}"):
                found[field, spelling] = whole
    for field, words in (("measurement", MEASUREMENT_TYPES), ("exception", SENSOR_ALERTS)):
        for word in words:
            for spelling in (word, VOC + word, f"gs1:{word}"):
                found[field, spelling] = VOC + word
    return found


_WHOLE = _spellings()


def expand(field: str, word: str) -> str:
    """The whole address of a term however it is spelled; other words come back as they are.

    `field`: `bizStep`, `disposition`, `bizTransaction`, `sourceDest`, `reason`, `component`, `measurement`, `exception`.
    """
    return _WHOLE.get((field, word), word)


def is_term(field: str, word: str) -> bool:
    """Whether this is a term of the standard's list for this field."""
    return (field, word) in _WHOLE
