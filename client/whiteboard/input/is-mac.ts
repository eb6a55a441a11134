/** Whether Cmd stands where others have Ctrl. There is no way to ask but by the name of the system. */
export const isMac: boolean = /^(Mac|iP)/.test(navigator.platform)
