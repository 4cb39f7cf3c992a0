"""The currencies that Razorpay takes, and how many decimal places its minor units have.

An amount is an integer of minor units: 49900 INR is 499.00, 500 JPY is 500, 10000 KWD is 10.000. Sources: the list of
https://razorpay.com/docs/payments/international-payments/ and the units of Razorpay's own package @razorpay/i18nify-js.
"""

_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DECIMALS = """
    AED ALL AMD ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BZD CAD CHF CNY COP CRC CUP CVE CZK DKK DOP
    DZD EGP ETB EUR FJD GBP GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LKR LRD LSL MAD
    MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SCR
    SEK SGD SOS SSP SVC SZL THB TRY TTD TWD TZS UAH USD UYU UZS XCD YER ZAR ZMW
"""
_THREE_DECIMALS = "BHD IQD JOD KWD OMR TND"

DECIMAL_PLACES = {
    code: places
    for codes, places in ((_WITHOUT_DECIMALS, 0), (_TWO_DECIMALS, 2), (_THREE_DECIMALS, 3))
    for code in codes.split()
}
"""The decimal places of each currency that Razorpay takes."""


def decimal_places(currency: str) -> int:
    """The decimal places of a currency; 2 for an unknown one, which only an old row can have."""
    return DECIMAL_PLACES.get(currency, 2)


def is_payable(amount: int, currency: str) -> bool:
    """Whether Razorpay can charge this amount: with three decimal places, the last digit must be 0."""
    return decimal_places(currency) < 3 or amount % 10 == 0
