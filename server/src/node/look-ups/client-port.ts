/** The first of the ports that a program which asks for none is given (ip_local_port_range, 32768 to 60999 by default; others begin at 49152). */
export const firstClientPort = 32_768;
