// @ts-nocheck
// As docs/clients.md has it: sign-up, sign-in, refresh, sign-out and reset at Amazon Cognito.
export function accounts({ cognitoUrl, clientId }) {
  async function cognito(action, body) {
    const answer = await fetch(cognitoUrl, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify({ ClientId: clientId, ...body }),
    })
    const result = JSON.parse((await answer.text()) || "{}") // RevokeToken answers with nothing
    if (!answer.ok) throw Object.assign(new Error(result.message), { name: result.__type })
    return result
  }
  const tokens = ({ AuthenticationResult: { AccessToken, RefreshToken } }, previous) => ({
    accessToken: AccessToken, // for an hour, locally a day
    refreshToken: RefreshToken ?? previous, // for 30 days; the local pool keeps the previous one
  })
  return {
    signUp: (email, password, name) =>
      cognito("SignUp", {
        Username: email,
        Password: password,
        UserAttributes: [{ Name: "email", Value: email }, { Name: "name", Value: name }],
      }),
    sendAnotherCode: email => cognito("ResendConfirmationCode", { Username: email }),
    confirm: (email, code) => cognito("ConfirmSignUp", { Username: email, ConfirmationCode: code }),
    signIn: async (email, password) =>
      tokens(
        await cognito("InitiateAuth", {
          AuthFlow: "USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: email, PASSWORD: password },
        }),
      ),
    refresh: async refreshToken =>
      tokens(await cognito("GetTokensFromRefreshToken", { RefreshToken: refreshToken }), refreshToken),
    signOut: refreshToken => cognito("RevokeToken", { Token: refreshToken }),
    forgotPassword: email => cognito("ForgotPassword", { Username: email }),
    resetPassword: (email, code, password) =>
      cognito("ConfirmForgotPassword", { Username: email, ConfirmationCode: code, Password: password }),
  }
}
