import { dscpNumber } from '../dscp-class.ts';
import { aboutValue, eachOption, type OptionReader, optionValue, unknownOption } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { numbers, numbersWhere } from '../ranges.ts';

const codePoint: OptionReader = (option, context, match) => {
  const value = optionValue(option, context);
  const number = value?.type === 'number' ? value.value : dscpNumber(valueText(option));
  if (number === undefined) return unknownOption(match, option);
  return aboutValue((packet) => packet.tos, {
    of: 'tos',
    among: numbers(0, 255),
    within: numbersWhere(256, (tos) => tos >> 2 === number),
    yes: `The DSCP is 0x${number.toString(16)}.`,
    no: `The DSCP is not 0x${number.toString(16)}.`,
    likely: number === 0,
  });
};

/** The six bits of the differentiated services code point. */
export const dscp = eachOption({ '--dscp': codePoint, '--dscp-class': codePoint });
