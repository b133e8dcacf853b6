"""Carriers, and where they tell a shopper where a parcel is."""

from urllib.parse import quote

TRACKING = {
    "DHL": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "DPD": "https://tracking.dpd.de/parcelstatus?query={}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "GLS": "https://gls-group.eu/track/{}",
    "Hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/?suche={}",
    "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "SF Express": "https://www.sf-express.com/chn/en/waybill/waybill-detail/{}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}
"""By the carrier's name; the tracking number goes in place of the braces."""


def tracking_address(carrier: str, number: str) -> str:
    """Where the parcel with this number is shown; "" for a carrier we do not know, or no number."""
    known = {name.casefold(): address for name, address in TRACKING.items()}
    address = known.get(carrier.strip().casefold(), "")
    return address.format(quote(number.strip(), safe="")) if address and number.strip() else ""
