// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_FUZZ_JWE_KEYS_H_
#define ATTESTD_FUZZ_JWE_KEYS_H_

#include <string_view>

#include "base/encoding.h"
#include "kbs_client/tee_key.h"

// Fixed throw-away keys, to which inputs of the kept corpus are encrypted.
namespace attestd::fuzz {

inline base::Bytes Decoded(std::string_view text) { return base::Base64UrlDecode(text).value(); }

inline kbs::TeeKey P256Key() {
  return *kbs::TeeKey::FromPrivate(Decoded("iZsbWfhaLq8oBVei1XUnozHAR5z27ozBFjPbO9OTf9g"),
                                   {.x = Decoded("jAXAkmLeKfjKqvuUqHDa0ohaat7ymolAL29U-FP0UR8"),
                                    .y = Decoded("UANEoXrN4Ex4JPZpuGCz9E0iP4OKuHQDt9O0E8_oQuU")});
}

inline kbs::TeeKey P521Key() {
  return *kbs::TeeKey::FromPrivate(
      Decoded("AYOhlTxOUBMYJNZ0z_cIftZbUJULzQ9RT1g3F9c6ScjHuY7XltwzP4vMlp_QbuxzElQGTALeMyKMdrrWoKih"
              "Wn2O"),
      {.x = Decoded(
           "APQ5E1jDxjcLKd9vJbWnajZ5bRKGJ1zofI193WW22xNTmBXkjTaTNjsukaw0OKsowyFKBjmFcSNWQpE6DvOK"
           "u69Y"),
       .y = Decoded("AQaREZzi5c40O_QFwIRbdW4pFz9bKWO-"
                    "RbXHNYsbdTAy2f7-v9eU_67-VOHSiL6OGKvhYSeW44KKEXCZn1VJLbpL")},
      kbs::TeeKeyKind::kEcP521);
}

// One pair of numbers for both kinds of RSA.
inline kbs::TeeKey RsaKey(kbs::TeeKeyKind kind) {
  const base::Bytes n = Decoded(
      "hpqD8Zp3BhfKkSTfCHyowYlw5us3PSzLV7lVxW6DtOh5ird3UUOCjE9l7gJkjPzi8iXPvmf9ekLGwmspBtDY"
      "c_0z_c1L5ECxMRM1k3QYdSROUkJoMzr7qWNB0rVEoNI9ApxfYszTFOX11ET1X38lQI0Zl-LGEBWoxQpyBSM8"
      "HDyrJfI2RUx0h2TopSmq_P_Z8LpysrxB8TS0vqsgwn1sfdaxYQMnrQB4MxkFPTlL6IRmHODGckBdl7mBUxwE"
      "bmd5d8QfFwYdmjjokKd42WtRNXs6B0tNG9k7bW9VP6bTZMqGZQOJsZtzggA3iZoSHvzb7wxttHcHEoGBeVfN"
      "eop-RQ");
  const base::Bytes e = Decoded("AQAB");
  const base::Bytes d = Decoded(
      "BVH5DWhGTfllqLzjfuJuFiMG6u2lnYqjD-WgrQDMMZVihnFv3lVAuFrqcIQFZU6Y8F3yIXiODx8xqKoTiudf"
      "nGs7FJjg2y9hmySDLXL9Hq_JOhzRuwkMCbSSLunT9SPrxIOZppFQQro_8CLfBiY21F-"
      "vWqHccIxpz9eOZnZJA2TYz08yy_ojtHRRtptDL6DNi2ySzqzPKh-bx_CzVTgNR0Q2I2dxrh5hBAhWaFjUhDU"
      "J3JnIUQJUBSh2r8fTBUBtu4vHgs_gNoAfHUtZ2Tot8NtawzvL-"
      "7Or2nsOFMINS2pYxtWAesgFapKMDiL_UGheM4VgVfO0QzJNfNAJHFr04Q");
  const base::Bytes p = Decoded(
      "uYJ0BNHSpINAJdHpvTpPLbxVL0N86ZEEZfhUbPMeYBJm5FJ-WuDf7JDOl8zyKl_A-"
      "7gvvE4T8DL_LLnHUrW1Qsdrnv5hvKk_28xqcHn8sRbJlSKLy61m1ic_zwpm5hukxB0Mq_feTO6Op8e0QAnVP"
      "D4mCWvMQyacCJAAtdQVeSU");
  const base::Bytes q = Decoded(
      "ucAnAFIsCpekfCuW_0xsYAZtv-n4iSY0Lmxllq2v6P4rDPPgWec5lw_zSVziThPRu-Snstocs2oqPoQuNJZf"
      "hoejGu51YiJwHylxKlUVAE5R25YZe3FMMCOPb51T2HIxFyHQUlwGWmMo4WVrOpuh3RqiOWZB24vbwlHVhWt1"
      "tqE");
  const base::Bytes dp = Decoded(
      "cHOavp0uchk51nMznEhvXMsQXDEt1CvbHbD2BIEvhY9CHd-_xnkQZEe3ZB-RIIyg4DXbgetWfMF9G3CWWhXa"
      "Bdv66gtL1eBG3IdCcmIQAo1MrwGc-l9nuiNas7ebfpt9OoBdgRUlBT-"
      "K7DvLkRIk13rY9dcJoB8UcMBSHeatCZ0");
  const base::Bytes dq = Decoded(
      "ZgL5aFu4hDizxN3Ll3nJKxNcwsEkFW49yiENyaqpqTOtQPfOhpFON4AzBF9WibqovJ_e2YKfsIjlml_NYGQV"
      "IjTrhqbfIH35RaPk2nLPjdN1cTsF051tUiK1a37jxUMxYprXZePUOV-"
      "r291u_kjqpBs0bIGUOZadoiJ_OT7C7wE");
  const base::Bytes qi = Decoded(
      "rBsgRIZl0k7T-DAfi5lU7Su3TJsG3276Voc8KpxHpssOpdgIV20yznu1WzK1WR1divu4QznNr1l97qNk-"
      "vOqHAHgKZZVJPLUofk-rKYoSCEZVtsvO0WWUiRbErxVipSHODjjNEzX7gS-jvtUwRIm19yf-"
      "fMOsqzDxD06cQqWIkg");
  return *kbs::TeeKey::FromPrivate(
      {.n = n, .e = e, .d = d, .p = p, .q = q, .dp = dp, .dq = dq, .qi = qi}, kind);
}

}  // namespace attestd::fuzz

#endif  // ATTESTD_FUZZ_JWE_KEYS_H_
